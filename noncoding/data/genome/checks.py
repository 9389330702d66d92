"""Check that peaks give positive bins, rows and negatives; errors and warnings say what to do."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.common.errors import InputError, some_of
from noncoding.data.genome.bins import Binning, Integers, LabelledBins
from noncoding.data.genome.peak_targets import PeakTargets
from noncoding.data.targets import ADD_NEGATIVES

log = logging.getLogger(__name__)

_FEW = 0.5
"""Positive bins per peak below which a warning is logged."""


@dataclass(frozen=True)
class SplitBins:
    """Numbers of bins of one split.

    Attributes
    ----------
    chromosomes : list of str
    peaks : int
        Peaks of all targets.
    bins, off_chromosome, excluded, rows : int
        Bins that are positive for a target; of these, bins whose window extends beyond
        the chromosome, whose window overlaps an excluded region, and the others.
    positives : numpy.ndarray, shape=(targets,), dtype=int64
        Positive rows by target.
    """

    chromosomes: list[str]
    peaks: int
    bins: int
    off_chromosome: int
    excluded: int
    rows: int
    positives: Integers


def count_bins(
    split_of: Mapping[str, str],
    split: str,
    bins: Mapping[str, LabelledBins],
    peaks: Mapping[str, pd.DataFrame],
    targets: int,
) -> SplitBins:
    """Count the labelled bins of a split, given the split of each chromosome."""
    chromosomes = [name for name, owner in split_of.items() if owner == split]
    own = [bins[name] for name in chromosomes if name in bins]
    return SplitBins(
        chromosomes,
        peaks=sum(len(peaks[name]) for name in chromosomes if name in bins),
        bins=sum(len(one.bins) for one in own),
        off_chromosome=sum(int(one.off_chromosome.sum()) for one in own),
        excluded=sum(int(one.excluded.sum()) for one in own),
        rows=sum(len(one.usable) for one in own),
        positives=sum((one.positives(targets) for one in own), np.zeros(targets, dtype=np.int64)),
    )


def check_positives(
    targets: PeakTargets, positives: Integers, binning: Binning, min_positives: int, where: str
) -> npt.NDArray[np.bool_]:
    """Find the targets with enough positive bins, and warn of those whose peaks label few.

    Parameters
    ----------
    targets : PeakTargets
    positives : numpy.ndarray, shape=(targets,), dtype=int64
        Positive bins of all splits, by target.
    binning : Binning
    min_positives : int
    where : str
        Origin of the peaks, for the `InputError` that is raised if no target has enough.

    Returns
    -------
    numpy.ndarray, shape=(targets,), dtype=bool
    """
    peaks = targets.table["peaks"].to_numpy()
    kept = positives >= min_positives
    if binning.peak == "summit":
        without = sum(int((table["summit"] < 0).sum()) for table in targets.peaks.values())
        if without:
            log.info(
                "%s of %s peaks have no summit (column 10 of narrowPeak): their midpoint is used",
                f"{without:,}",
                f"{peaks.sum():,}",
            )
    # Peaks of 1 bp are positions: where they label few bins, several share a bin.
    lost = (binning.peak == "overlap") & (_peaks_between(targets, 2, np.inf) > _FEW * peaks)
    listed = np.flatnonzero(~kept | (lost & (positives < _FEW * peaks)))
    short = _peaks_between(targets, 2, binning.uncovered)
    lines = []
    for target in listed[np.argsort(positives[listed] / peaks[listed], kind="stable")]:
        name = targets.table["name"][target]
        line = f"{name}: {peaks[target]:,} peaks, {positives[target]:,} positive bins"
        if short[target]:
            line += f", {short[target]:,} peaks too short to label a bin alone"
        lines.append(line)
    few = some_of(lines, separator="; ")
    if not kept.any():
        raise InputError(
            where,
            f"no target with {min_positives} positive bins of {binning.bin} bp ({few})",
            f"a target with at least {min_positives} ({_rule(binning)})",
            _remedy(binning),
        )
    if lines:
        log.warning(
            "%d targets have few positive bins of %d bp (%s): %s. %s",
            len(lines),
            binning.bin,
            _rule(binning),
            few,
            _remedy(binning),
        )
    return kept


def check_rows(splits: Mapping[str, SplitBins], binning: Binning) -> None:
    """Refuse a split without rows, and say why it has none."""
    for name, split in splits.items():
        if split.rows:
            continue
        on = f"on {some_of(split.chromosomes)}"
        if not split.peaks:
            found = f"no peaks {on}" if split.chromosomes else "no chromosomes"
            remedy = "Give the split chromosomes that have peaks."
        elif not split.bins:
            found = f"{split.peaks:,} peaks {on}, and no positive bin ({_rule(binning)})"
            remedy = _remedy(binning)
        else:
            found = (
                f"{split.bins:,} positive bins {on}, and no window of {binning.window} bp that can "
                f"be used ({split.off_chromosome:,} extend beyond their chromosome, "
                f"{split.excluded:,} overlap an excluded region)"
            )
            remedy = "Give the split longer chromosomes, shorten the window, or exclude less."
        raise InputError(f"splits, '{name}'", found, "at least one row in every split", remedy)


def warn_of_missing_negatives(splits: Mapping[str, SplitBins], targets: pd.DataFrame) -> None:
    """Warn of targets that are positive in every row of a split."""
    full = pd.DataFrame({name: split.positives == split.rows for name, split in splits.items()})
    lines = [
        f"{targets['name'][target]} ({', '.join(full.columns[full.loc[target]])})"
        for target in full.index[full.any(axis=1)]
    ]
    if lines:
        log.warning(
            "%d of %d targets have no negatives, since they are positive in every row: %s. %s",
            len(lines),
            len(targets),
            some_of(lines, separator="; "),
            ADD_NEGATIVES,
        )


def _peaks_between(targets: PeakTargets, shortest: int, longest: float) -> Integers:
    """Number of peaks of some lengths, by target."""
    counts = np.zeros(len(targets.table), dtype=np.int64)
    for table in targets.peaks.values():
        chosen = table["target"][(table["end"] - table["start"]).between(shortest, longest)]
        counts += np.bincount(chosen, minlength=len(counts))
    return counts


def _rule(binning: Binning) -> str:
    if binning.peak == "overlap":
        return f"'peak: overlap': peaks cover more than {binning.uncovered} of {binning.bin} bp"
    return f"'peak: {binning.peak}'"


def _remedy(binning: Binning) -> str:
    if binning.peak == "overlap":
        return (
            "Set 'peak: summit' (the bin that holds the summit or the midpoint of a peak is "
            "positive) or 'peak: any' (every bin that a peak overlaps is), choose a smaller bin, "
            "or lower min_overlap."
        )
    return "Check that peaks are on complete bins, and what is excluded; or lower min_positives."
