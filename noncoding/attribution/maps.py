"""How maps are kept: arrays in HDF5, and tracks for a genome browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.attribution.methods import METHODS, LayerMethod
from noncoding.attribution.target_attributions import TargetAttributions

NO_TRACKS = "No coordinates are known of these sequences, so there is nothing for a browser.\n"


_STEM_CHARACTERS = 80


def file_stem(index: int, name: str) -> str:
    """What the files of a target are called, e.g. ``007-Reb1``; distinct by the index."""
    safe = re.sub("[^A-Za-z0-9]+", "-", name).strip("-")
    # File systems take 255 characters at most.
    return f"{index:03d}-{safe}"[:_STEM_CHARACTERS].rstrip("-")


def keep_maps(group: h5py.Group, target: TargetAttributions, layer: str) -> None:
    """Write a target's maps, and what and where its sequences are.

    Parameters
    ----------
    group : h5py.Group
        Gets ``probability``, ``label`` and the columns of the sequences' table, a value
        a sequence each, and for each method a data set of shape (sequences, length); its
        attributes name the target. Attributes of a method's data set: ``title`` and
        ``layer`` (``bases`` where none was read); for a layer, also where its values lie:
        ``first_centre_bp`` (centre of what the first position sees, from the first base),
        ``step_bp`` (from one position to the next) and ``positions``.
    target : TargetAttributions
    layer : str
        Name of the layer that was read.
    """
    group.attrs.update(name=target.name, index=target.index, known_motif=target.motif)
    group["probability"] = target.probabilities
    group["label"] = target.labels
    for column, values in target.sequences.table.items():
        numeric = pd.api.types.is_numeric_dtype(values)
        group[str(column)] = values.to_numpy() if numeric else values.to_numpy(dtype=object)
    for method, maps in target.maps.items():
        kept = group.create_dataset(method, data=maps, fletcher32=True)
        found = METHODS[method]
        kept.attrs.update(title=found.title, layer="bases")
        if isinstance(found, LayerMethod) and target.resolution is not None:
            grid = target.resolution.grid
            kept.attrs.update(
                layer=layer,
                first_centre_bp=grid.first_centre,
                step_bp=grid.step,
                positions=grid.positions,
            )


def write_tracks(folder: Path, target: TargetAttributions) -> None:
    """Write a bedGraph file a method, which IGV and the UCSC browser open.

    Parameters
    ----------
    folder : path
    target : TargetAttributions
        Nothing is written where its sequences have no coordinates.
    """
    loci = target.sequences.table
    if "chromosome" not in loci:
        return
    for method, maps in target.maps.items():
        title = METHODS[method].title
        rows = pd.concat(_intervals(loci.iloc[: len(maps)], maps))
        track = folder / f"{file_stem(target.index, target.name)}-{method}.bedgraph"
        with track.open("w", encoding="utf-8") as file:
            # The header has no escape for a quotation mark.
            shown = f"{target.name} {title}".replace('"', "'")
            file.write(f'track type=bedGraph name="{shown}" visibility=full\n')
            rows.to_csv(file, sep="\t", header=False, index=False, float_format="%.5g")


def _intervals(loci: pd.DataFrame, maps: npt.NDArray[np.float32]) -> Iterator[pd.DataFrame]:
    """Runs of equal values, window by window along the genome.

    Where windows overlap, the base belongs to the first: a browser shows one value.
    """
    ends: dict[str, int] = {}
    ordered = loci.reset_index(drop=True).sort_values(["chromosome", "start"], kind="stable")
    for row, locus in ordered.iterrows():
        first = max(ends.get(locus["chromosome"], 0), locus["start"])
        values = maps[row][first - locus["start"] :]
        if not len(values):
            continue
        ends[locus["chromosome"]] = locus["end"]
        starts = np.flatnonzero(np.diff(values, prepend=np.nan) != 0)
        yield pd.DataFrame(
            {
                "chromosome": locus["chromosome"],
                "start": first + starts,
                "end": first + np.append(starts[1:], len(values)),
                "value": values[starts],
            }
        )
