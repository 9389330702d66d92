"""Write attribution maps to HDF5 and bedGraph."""

import re
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.attribution.methods import METHODS, LayerMethod
from noncoding.attribution.target_attributions import TargetAttributions

NO_TRACKS = "These sequences have no coordinates, so there are no tracks.\n"
_STEM_CHARACTERS = 80


def file_stem(index: int, name: str) -> str:
    """Unique stem of the names of a target's files, e.g. ``007-Reb1``."""
    safe = re.sub("[^A-Za-z0-9]+", "-", name).strip("-")
    # File systems limit names to 255 characters.
    return f"{index:03d}-{safe}"[:_STEM_CHARACTERS].rstrip("-")


def write_maps(group: h5py.Group, target: TargetAttributions, layer: str) -> None:
    """Write the maps and sequences of a target, whose name is in the attributes of the group.

    Datasets with one value per sequence: ``probability``, ``label`` and the columns of the
    sequences' table. For each method a dataset of shape (sequences, length) with the attributes
    ``title`` and ``layer`` (``bases`` for methods for the input), and for a layer
    ``first_centre_bp`` (centre of the window of the first position, from the first base),
    ``step_bp`` (between positions) and ``positions``.
    """
    group.attrs.update(name=target.name, index=target.index, known_motif=target.motif)
    group["probability"] = target.probabilities
    group["label"] = target.labels
    for column, values in target.sequences.table.items():
        numeric = pd.api.types.is_numeric_dtype(values)
        group[str(column)] = values.to_numpy() if numeric else values.to_numpy(dtype=object)
    for method, maps in target.maps.items():
        dataset = group.create_dataset(method, data=maps, fletcher32=True)
        dataset.attrs.update(title=METHODS[method].title, layer="bases")
        if isinstance(METHODS[method], LayerMethod) and target.resolution is not None:
            grid = target.resolution.grid
            dataset.attrs.update(
                layer=layer,
                first_centre_bp=grid.first_centre,
                step_bp=grid.step,
                positions=grid.positions,
            )


def write_tracks(folder: Path, target: TargetAttributions) -> None:
    """Write one bedGraph file per method, for IGV and the UCSC browser.

    No file is written if the sequences have no coordinates.
    """
    loci = target.sequences.table
    if "chromosome" not in loci:
        return
    for method, maps in target.maps.items():
        rows = pd.concat(_intervals(loci.iloc[: len(maps)], maps))
        track = folder / f"{file_stem(target.index, target.name)}-{method}.bedgraph"
        with track.open("w", encoding="utf-8") as file:
            # The header has no escape for a quotation mark.
            title = f"{target.name} {METHODS[method].title}".replace('"', "'")
            file.write(f'track type=bedGraph name="{title}" visibility=full\n')
            rows.to_csv(file, sep="\t", header=False, index=False, float_format="%.5g")


def _intervals(loci: pd.DataFrame, maps: npt.NDArray[np.float32]) -> Iterator[pd.DataFrame]:
    """Runs of equal values for each window, in genomic order.

    Browsers show one value per base, so overlaps belong to the first window.
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
