"""Read peak files and group their peaks by target."""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from noncoding.common.errors import InputError, some_of
from noncoding.data.genome.bed import on_genome, read_bed, warn_of_placement
from noncoding.data.genome.chromosomes import Genome, Region
from noncoding.data.genome.peaks import origin, peak_files
from noncoding.data.targets import check_name
from noncoding.settings.genome import Peaks, PeakTable

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PeakTargets:
    """The targets of a data set and their peaks.

    Attributes
    ----------
    table : pandas.DataFrame
        The target table; ``peaks`` is the number of peaks on the chromosomes of the splits.
    peaks : dict
        Chromosome or region of a split → peaks of all targets on it: ``target`` (index),
        ``start``, ``end`` and ``summit`` as in `noncoding.data.genome.bed.read_bed`.
    counts : dict
        Numbers of files and peaks that were read and left out, and the chromosome names that were
        matched, as JSON.
    origin : str
        The folder, archive or table, for errors.
    """

    table: pd.DataFrame
    peaks: dict[str, pd.DataFrame]
    counts: dict[str, Any]
    origin: str


def read_peak_targets(
    source: Peaks,
    given: Sequence[str | os.PathLike[str]],
    genome: Genome,
    used: Mapping[str, Region],
    chromosome_map: Mapping[str, str] | None,
    min_peaks: int,
) -> PeakTargets:
    """Read all peak files and keep the targets with enough peaks.

    Parameters
    ----------
    source, given
        As in `noncoding.data.genome.peaks.peak_files`.
    genome : Genome
    used : mapping
        The chromosomes and regions of the splits by name.
    chromosome_map : mapping, optional
        As in `noncoding.data.genome.bed.on_genome`.
    min_peaks : int
        Least number of peaks on the `used` chromosomes and regions.

    Raises
    ------
    InputError
        A file is not BED, belongs to another assembly or has no chromosome of the genome; a name
        is empty or occurs twice; or no target is left.
    """
    files = []
    for file in peak_files(source, given):
        intervals = read_bed(file.content, file.where)
        if intervals.empty:
            name = file.description["name"]
            log.warning("%s has no peaks: the target %s is left out", file.where, name)
        placed = on_genome(intervals, file.where, genome, chromosome_map)
        files.append((file.description, file.named_in, placed))
    if not isinstance(source, PeakTable):
        files.sort(key=lambda file: file[0]["name"])
    warn_of_placement(placed for _, _, placed in files)
    matched = {name: own for _, _, placed in files for name, own in placed.matched.items()}

    whole = [name for name, region in used.items() if name == region.chromosome]
    parts = {name: region for name, region in used.items() if name != region.chromosome}
    named_in: dict[str, str] = {}
    rows: list[dict[str, Any]] = []
    peaks: list[pd.DataFrame] = []
    counts: dict[str, Any] = {
        "peak_files": len(files),
        "targets": 0,
        "dropped_empty": [],
        "dropped_few_peaks": {},
        "peaks": sum(placed.total for _, _, placed in files),
        "peaks_outside": sum(placed.outside.total() for _, _, placed in files),
        "peaks_clipped": sum(placed.clipped for _, _, placed in files),
        "peaks_in_no_split": 0,
    }
    if matched:
        place = {name: number for number, name in enumerate(genome.lengths)}
        ordered = sorted(matched.items(), key=lambda item: place[item[1]])
        counts["chromosome_map"] = dict(ordered)
        log.info(
            "chromosome names of the peak files were matched with those of the FASTA file: %s. If "
            "this is wrong, set chromosome_map",
            some_of([f"{name} → {own}" for name, own in ordered], shown=30),
        )
    for description, where, placed in files:
        name = description["name"]
        check_name(name, where)
        if name in named_in:
            raise InputError(
                where,
                f"the target name {name!r}, which {named_in[name]} has too",
                "one name a target",
                "Rename or remove one of them, or name the targets in a table of peak files.",
            )
        named_in[name] = where
        is_used = placed.intervals["chromosome"].isin(whole)
        for region in parts.values():
            is_used |= _overlap(placed.intervals, region)
        on_used = placed.intervals[is_used]
        counts["peaks_in_no_split"] += len(placed.intervals) - len(on_used)
        if not placed.total:
            counts["dropped_empty"].append(name)
        elif len(on_used) < min_peaks:
            counts["dropped_few_peaks"][name] = len(on_used)
        else:
            peaks.append(on_used.assign(target=len(rows)))
            rows.append({"index": len(rows), **description, "peaks": len(on_used)})
    if not rows:
        raise InputError(
            origin(source, given),
            f"{len(files)} peak files and in none of them {min_peaks} peaks on the "
            f"chromosomes of the splits",
            f"a target with at least {min_peaks}",
            "Lower min_peaks, or put the chromosomes that have peaks into the splits.",
        )
    counts["targets"] = len(rows)
    together = pd.concat(peaks)
    grouped = {
        str(chromosome): table
        for chromosome, table in together.groupby("chromosome", observed=True)
        if chromosome in used
    }
    grouped |= {name: together[_overlap(together, region)] for name, region in parts.items()}
    by_name = {
        name: grouped[name][["target", "start", "end", "summit"]].reset_index(drop=True)
        for name in used
        if name in grouped and len(grouped[name])
    }
    return PeakTargets(pd.DataFrame(rows), by_name, counts, origin(source, given))


def _overlap(intervals: pd.DataFrame, region: Region) -> pd.Series:
    """Whether intervals share a base with a region."""
    inside = (intervals["end"] > region.start) & (intervals["start"] < region.end)
    return (intervals["chromosome"] == region.chromosome) & inside
