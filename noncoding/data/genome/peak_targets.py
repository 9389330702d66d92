"""Read peak files and label the bins of a genome, target by target."""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.common.errors import InputError, some_of
from noncoding.data.genome.bed import on_genome, read_bed, warn_of_placement
from noncoding.data.genome.bins import BinAxis, Binning, Integers, positive_bins
from noncoding.data.genome.chromosomes import Genome
from noncoding.data.genome.peaks import origin, peak_files
from noncoding.data.genome.splits import on_one_axis
from noncoding.data.targets import check_name, distinct_names
from noncoding.layout import SPLITS
from noncoding.settings.genome import Peaks, PeakTable

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PeakTargets:
    """The targets of a data set, and the bins that their peaks make positive.

    Attributes
    ----------
    table : pandas.DataFrame
        The target table; ``peaks`` is the number of peaks on the regions of the splits.
    bins : list of numpy.ndarray
        By target: numbers of the positive bins of the whole genome, in ascending order.
    by_split : pandas.DataFrame
        Peaks of each target (rows) on the regions of each split (columns).
    regions, short : numpy.ndarray, shape=(targets,), dtype=int64
        Peaks on the regions of the splits that are longer than 1 bp; and of these, those that are
        too short to make a bin positive alone.
    without_summit : int
        Peaks on the regions of the splits without a summit.
    counts : dict
        Numbers of files and peaks that were read and left out, and the chromosome names that were
        matched, as JSON.
    origin : str
        The folder, archive or table, for errors.
    """

    table: pd.DataFrame
    bins: list[npt.NDArray[np.signedinteger]]
    by_split: pd.DataFrame
    regions: Integers
    short: Integers
    without_summit: int
    counts: dict[str, Any]
    origin: str


def read_peak_targets(
    source: Peaks,
    given: Sequence[str | os.PathLike[str]],
    genome: Genome,
    regions: pd.DataFrame,
    axis: BinAxis,
    binning: Binning,
    chromosome_map: Mapping[str, str] | None,
    min_peaks: int,
) -> PeakTargets:
    """Read all peak files, one at a time, and keep the targets with enough peaks.

    Parameters
    ----------
    source, given
        As in `noncoding.data.genome.peaks.peak_files`.
    genome : Genome
    regions : pandas.DataFrame
        Of the splits, see `noncoding.data.genome.splits.split_regions`.
    axis, binning
        As in `noncoding.data.genome.bins.positive_bins`.
    chromosome_map : mapping, optional
        As in `noncoding.data.genome.bed.on_genome`.
    min_peaks : int
        Least number of peaks on the regions of the splits.

    Raises
    ------
    InputError
        A file is not BED, belongs to another assembly or has no chromosome of the genome; a name
        is empty; two targets are not told apart; or no target is left.
    """
    regions_of = {
        split: on_one_axis(regions[regions["split"] == split], genome, "start", "end")
        for split in SPLITS
    }
    read = []
    placed_files = []
    for file in peak_files(source, given):
        intervals = read_bed(file.content, file.where)
        if intervals.empty and min_peaks:
            name = file.description["name"]
            log.warning("%s has no peaks: the target %s is left out", file.where, name)
        placed = on_genome(intervals, file.where, genome, chromosome_map)
        own = placed.intervals
        on_axis = on_one_axis(own, genome, "start", "end")
        hits = {split: _overlap(*on_axis, *of) for split, of in regions_of.items()}
        used = np.any([*hits.values()], axis=0)
        length = (own["end"] - own["start"]).to_numpy()[used]
        counted = {
            "peaks": int(used.sum()),
            "regions": int((length > 1).sum()),
            "short": int(((length > 1) & (length <= binning.uncovered)).sum()),
            "without_summit": int((own["summit"].to_numpy()[used] < 0).sum()),
            **{split: int(found.sum()) for split, found in hits.items()},
        }
        bins = positive_bins(own, axis, binning).astype(axis.dtype)
        read.append((file, counted, bins, placed.total, len(own)))
        placed_files.append(placed._replace(intervals=own[:0]))
    if not isinstance(source, PeakTable):
        read.sort(key=lambda entry: entry[0].description["name"])
    warn_of_placement(placed_files)

    counts: dict[str, Any] = {
        "peak_files": len(read),
        "targets": 0,
        "dropped_empty": [],
        "dropped_few_peaks": {},
        "peaks": sum(placed.total for placed in placed_files),
        "peaks_outside": sum(placed.outside.total() for placed in placed_files),
        "peaks_clipped": sum(placed.clipped for placed in placed_files),
        "peaks_in_no_split": 0,
    }
    matched = {name: own for placed in placed_files for name, own in placed.matched.items()}
    if matched:
        counts["chromosome_map"] = _reported(matched, genome)
    named_in: dict[str, str] = {}
    rows: list[dict[str, Any]] = []
    bins_of, counted_of = [], []
    shown = distinct_names(
        pd.DataFrame(
            [{**file.description, "index": place} for place, (file, *_) in enumerate(read)]
        )
    )
    for (file, counted, bins, total, on_any), distinct in zip(read, shown, strict=True):
        name = file.description["name"]
        check_name(name, file.named_in)
        if not isinstance(source, PeakTable):  # rows of a table are told apart when it is read
            if name in named_in:
                raise InputError(
                    file.named_in,
                    f"the target name {name!r}, which {named_in[name]} has too",
                    "one name a target",
                    "Rename or remove one of them, or name the targets in a table of peak files.",
                )
            named_in[name] = file.named_in
        counts["peaks_in_no_split"] += on_any - counted["peaks"]
        if not total and min_peaks:
            counts["dropped_empty"].append(distinct)
        elif counted["peaks"] < min_peaks:
            counts["dropped_few_peaks"][distinct] = counted["peaks"]
        else:
            description = {**file.description, "index": len(rows), "peaks": counted["peaks"]}
            rows.append({"index": len(rows), **description})
            bins_of.append(bins)
            counted_of.append(counted)
    if not rows:
        raise InputError(
            origin(source, given),
            f"{len(read)} peak files and in none of them {min_peaks} peaks on the "
            f"chromosomes of the splits",
            f"a target with at least {min_peaks}",
            "Lower min_peaks, or put the chromosomes that have peaks into the splits.",
        )
    counts["targets"] = len(rows)
    table = pd.DataFrame(counted_of)
    return PeakTargets(
        pd.DataFrame(rows),
        bins_of,
        table[list(SPLITS)],
        table["regions"].to_numpy(),
        table["short"].to_numpy(),
        int(table["without_summit"].sum()),
        counts,
        origin(source, given),
    )


def _reported(matched: Mapping[str, str], genome: Genome) -> dict[str, str]:
    """The matched names in the order of the genome, which are logged."""
    place = {name: number for number, name in enumerate(genome.lengths)}
    ordered = sorted(matched.items(), key=lambda item: place[item[1]])
    log.info(
        "chromosome names of the peak files were matched with those of the FASTA file: %s. If "
        "this is wrong, set chromosome_map",
        some_of([f"{name} → {own}" for name, own in ordered], shown=30),
    )
    return dict(ordered)


def _overlap(
    start: Integers, end: Integers, begins: Integers, ends: Integers
) -> npt.NDArray[np.bool_]:
    """Whether intervals share a base with one of disjoint regions, sorted by position."""
    ended_before = np.searchsorted(ends, start, side="right")
    begun: Integers = np.searchsorted(begins, end, side="left")
    return begun > ended_before
