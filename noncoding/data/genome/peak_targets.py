"""The panel: which targets the peak files give, and their peaks by chromosome."""

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from noncoding.common.errors import InputError
from noncoding.data.genome.bed import Placed, on_genome, read_bed, warn_of_placed
from noncoding.data.genome.peaks import PeakFile, PeakSource, PeakTable, origin, peak_files
from noncoding.data.targets import check_name

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Panel:
    """The targets of a data set.

    Attributes
    ----------
    table : pandas.DataFrame
        The target table; ``peaks`` counts a target's peaks on the chromosomes
        of the splits.
    peaks : dict
        Chromosome → peaks of all targets on it, as a table with ``target``
        (index), ``start``, ``end`` and ``summit`` as in `noncoding.data.genome.bed.read_bed`.
    counts : dict
        What was read and what was left out, as JSON.
    """

    table: pd.DataFrame
    peaks: dict[str, pd.DataFrame]
    counts: dict[str, Any]


@dataclass(frozen=True)
class _Candidate:
    """A peak file that has been read: the target it may become."""

    description: dict[str, str]
    named_in: str
    placed: Placed
    used: pd.DataFrame

    @property
    def name(self) -> str:
        return self.description["name"]

    @property
    def total(self) -> int:
        return self.placed.total


def read_panel(
    source: PeakSource,
    lengths: Mapping[str, int],
    used: Collection[str],
    chromosome_map: Mapping[str, str],
    min_peaks: int,
) -> Panel:
    """Read all peak files and keep the targets that have peaks enough.

    Parameters
    ----------
    source : PeakFolder, PeakArchive or PeakTable
    lengths : mapping
        Chromosome of the genome → length in bp.
    used : collection of str
        The chromosomes of the splits.
    chromosome_map : mapping
        Chromosome in the peak files → in the genome.
    min_peaks : int
        Least number of peaks on `used` chromosomes.

    Returns
    -------
    Panel

    Raises
    ------
    InputError
        A file is not BED, of another assembly or on none of the chromosomes of the
        genome, a name is empty or stands twice, or no target is left.
    """
    candidates = [
        _read_candidate(file, lengths, used, chromosome_map) for file in peak_files(source)
    ]
    if not isinstance(source, PeakTable):
        candidates.sort(key=lambda candidate: candidate.name)
    _require_names(candidates)
    warn_of_placed(candidate.placed for candidate in candidates)
    kept = [one for one in candidates if one.total and len(one.used) >= min_peaks]
    if not kept:
        raise InputError(
            origin(source),
            f"{len(candidates)} peak files and in none of them {min_peaks} peaks on the "
            f"chromosomes of the splits",
            f"a target with at least {min_peaks}",
            "Lower min_peaks, or put the chromosomes that have peaks into the splits.",
        )
    return Panel(_target_table(kept), _by_chromosome(kept), _counts(candidates, kept))


def _read_candidate(
    file: PeakFile,
    lengths: Mapping[str, int],
    used: Collection[str],
    chromosome_map: Mapping[str, str],
) -> _Candidate:
    intervals = read_bed(file.content, file.where)
    if intervals.empty:
        log.warning("%s has no peaks: the target %s is left out", file.where, file.name)
    placed = on_genome(intervals, file.where, lengths, chromosome_map)
    description = {
        "name": file.name.strip(),
        "group": file.group,
        "cell_type": file.cell_type,
        "assay": file.assay,
        "treatment": file.treatment,
        "motif": file.motif,
        "peak_file": file.peak_file,
    }
    on_used = placed.intervals[placed.intervals["chromosome"].isin(list(used))]
    return _Candidate(description, file.named_in, placed, on_used)


def _require_names(candidates: Iterable[_Candidate]) -> None:
    first: dict[str, str] = {}
    for candidate in candidates:
        check_name(candidate.name, candidate.named_in)
        if candidate.name in first:
            raise InputError(
                candidate.named_in,
                f"the target name {candidate.name!r}, which {first[candidate.name]} has too",
                "one name a target",
                "Rename one of them, or name the targets in a table of peak files.",
            )
        first[candidate.name] = candidate.named_in


def _target_table(kept: list[_Candidate]) -> pd.DataFrame:
    table = pd.DataFrame([candidate.description for candidate in kept])
    table.insert(0, "index", range(len(kept)))
    table["peaks"] = [len(candidate.used) for candidate in kept]
    return table


def _by_chromosome(kept: list[_Candidate]) -> dict[str, pd.DataFrame]:
    peaks = pd.concat(
        [candidate.used.assign(target=index) for index, candidate in enumerate(kept)],
        ignore_index=True,
    )
    return {
        str(chromosome): rows[["target", "start", "end", "summit"]].reset_index(drop=True)
        for chromosome, rows in peaks.groupby("chromosome", observed=True)
    }


def _counts(candidates: list[_Candidate], kept: list[_Candidate]) -> dict[str, Any]:
    kept_names = {candidate.name for candidate in kept}
    return {
        "peak_files": len(candidates),
        "targets": len(kept),
        "dropped_empty": [one.name for one in candidates if not one.total],
        "dropped_few_peaks": {
            one.name: len(one.used)
            for one in candidates
            if one.total and one.name not in kept_names
        },
        "peaks": sum(one.total for one in candidates),
        "peaks_outside": sum(one.placed.outside.total() for one in candidates),
        "peaks_clipped": sum(one.placed.clipped for one in candidates),
        "peaks_in_no_split": sum(len(one.placed.intervals) - len(one.used) for one in candidates),
    }
