"""Check that peaks yield positive and negative rows."""

import logging
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.common.errors import InputError, some_of
from noncoding.data.genome.bins import Binning, Integers
from noncoding.data.genome.peak_targets import PeakTargets
from noncoding.data.genome.selection import (
    EXCLUDED,
    GUARD,
    OFF,
    UNKNOWN_BASES,
    USABLE,
    Windows,
)
from noncoding.data.targets import ADD_NEGATIVES
from noncoding.layout import SPLITS

log = logging.getLogger(__name__)

_FEW = 0.5
"""Positive bins per peak below which a warning is logged."""


def count_windows(windows: Windows, by_split: pd.DataFrame) -> pd.DataFrame:
    """Count the bins of each split.

    Parameters
    ----------
    windows : Windows
        Those of bins that are chosen by their labels.
    by_split : pandas.DataFrame
        Peaks of each target (rows) on each split (columns).

    Returns
    -------
    pandas.DataFrame
        By split: ``peaks`` of all targets; chosen ``bins``; of these, those whose window extends
        beyond the chromosome or region (``off_chromosome``), is too close to another split
        (``guarded``), overlaps an excluded region (``excluded``) or has too many unknown bases
        (``unknown_bases``), and the others (``rows``).
    """
    columns = {
        "off_chromosome": OFF,
        "guarded": GUARD,
        "excluded": EXCLUDED,
        "unknown_bases": UNKNOWN_BASES,
        "rows": USABLE,
    }
    counts = {"peaks": by_split.sum(), "bins": np.bincount(windows.split, minlength=len(SPLITS))}
    for column, state in columns.items():
        counts[column] = np.bincount(windows.split[windows.state == state], minlength=len(SPLITS))
    return pd.DataFrame(counts, index=list(SPLITS))


def check_positives(
    targets: PeakTargets, positives: Integers, binning: Binning, min_positives: int
) -> npt.NDArray[np.bool_]:
    """Find the targets with enough positive bins, and warn of those whose peaks label few.

    Parameters
    ----------
    targets : PeakTargets
    positives : numpy.ndarray, shape=(targets,), dtype=int64
        Positive bins of all splits, by target.
    binning : Binning
    min_positives : int

    Returns
    -------
    numpy.ndarray, shape=(targets,), dtype=bool

    Raises
    ------
    InputError
        No target has enough.
    """
    count = targets.table["peaks"].to_numpy()
    if binning.peak == "summit" and targets.without_summit:
        log.info(
            "%s of %s peaks have no summit (column 10 of narrowPeak): their midpoint is used",
            f"{targets.without_summit:,}",
            f"{count.sum():,}",
        )
    # Peaks of 1 bp are positions: where they label few bins, several share a bin.
    regions, short = targets.regions, targets.short
    kept = positives >= min_positives
    lost = (count > 0) & (binning.peak == "overlap") & (regions > _FEW * count)
    listed = np.flatnonzero(~kept | (lost & (positives < _FEW * count)))
    lines = []
    share = positives[listed] / np.maximum(count[listed], 1)
    for target in listed[np.argsort(share, kind="stable")]:
        name = targets.table["name"][target]
        line = f"{name}: {count[target]:,} peaks, {positives[target]:,} positive bins"
        if short[target]:
            line += f", {short[target]:,} peaks too short to label a bin alone"
        lines.append(line)
    few = some_of(lines, separator="; ")
    if not kept.any():
        raise InputError(
            targets.origin,
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


def check_rows(counts: pd.DataFrame, regions: pd.DataFrame, binning: Binning, listed: bool) -> None:
    """Refuse a split without rows, and say why it has none.

    `counts` are by `count_windows`, `regions` by `noncoding.data.genome.splits.split_regions`;
    `listed` says whether bins are those of a file.
    """
    for name in counts.index[counts["rows"] == 0]:
        chromosomes = list(dict.fromkeys(regions["chromosome"][regions["split"] == name]))
        on, count = f"on {some_of(chromosomes)}", counts.loc[name]
        if listed and chromosomes and not count["bins"]:
            found = f"no bin of the file {on}"
            remedy = "Add bins of this split to the file, or assign other chromosomes to it."
        elif not count["peaks"]:
            found = f"no peaks {on}" if chromosomes else "no chromosomes"
            remedy = "Assign chromosomes with peaks to this split."
        elif not count["bins"]:
            found = f"{count['peaks']:,} peaks {on}, and no positive bin ({_rule(binning)})"
            remedy = _remedy(binning)
        else:
            found = (
                f"{count['bins']:,} positive bins {on}, and no window of {binning.window} bp that "
                f"can be used ({count['off_chromosome']:,} extend beyond their chromosome or "
                f"region, {count['guarded']:,} are too close to another split, "
                f"{count['excluded']:,} overlap an excluded region, {count['unknown_bases']:,} "
                "have too many unknown bases)"
            )
            remedy = (
                "Assign longer chromosomes or regions to it, shorten the window, or exclude less."
            )
        raise InputError(f"splits, '{name}'", found, "at least one row in every split", remedy)


def warn_of_uniform_labels(
    positives: pd.DataFrame, rows: Mapping[str, int], targets: pd.DataFrame
) -> None:
    """Warn of targets that are positive in every row of a split, or in none.

    Parameters
    ----------
    positives : pandas.DataFrame
        Positive rows by target (rows) and split (columns).
    rows : mapping
        Split → number of rows.
    targets : pandas.DataFrame
    """
    positives = positives[list(SPLITS)]
    for chosen, what, remedy in (
        (
            positives.eq(pd.Series(rows)),
            "negatives, since they are positive in every row",
            ADD_NEGATIVES,
        ),
        (
            positives.eq(0),
            "positives in a split",
            "There, they have no AUROC and AUPR. Assign other chromosomes to the split, or exclude "
            "rare targets with the keys 'min_peaks' and 'min_positives' of the data set.",
        ),
    ):
        lines = [
            f"{targets['name'][target]} ({', '.join(chosen.columns[chosen.loc[target]])})"
            for target in chosen.index[chosen.any(axis=1)]
        ]
        if lines:
            log.warning(
                "%d of %d targets have no %s: %s. %s",
                len(lines),
                len(targets),
                what,
                some_of(lines, separator="; "),
                remedy,
            )


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
