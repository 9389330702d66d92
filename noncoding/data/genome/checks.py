"""Whether peaks gave positive bins, rows and negatives, and what to do where they did not."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.common.errors import InputError, some_of
from noncoding.data.genome.bins import Binning, Integers, LabelledBins
from noncoding.data.genome.peak_targets import Panel
from noncoding.data.targets import ADD_NEGATIVES

log = logging.getLogger(__name__)

_FEW = 0.5
"""Positive bins per peak below which a warning is logged."""
_OTHER_RULES = (
    "Set 'peak: summit' (the bin that holds the summit or the middle of a peak is positive) or "
    "'peak: any' (every bin that a peak overlaps is), choose a smaller bin, or lower min_overlap."
)


@dataclass(frozen=True)
class SplitCounts:
    """What the chromosomes of one split hold.

    Attributes
    ----------
    chromosomes : list of str
    peaks : int
        Of all targets on them.
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

    @classmethod
    def of(
        cls,
        chromosomes: list[str],
        bins: Mapping[str, LabelledBins],
        panel: Panel,
        targets: int,
    ) -> "SplitCounts":
        """Count the labelled bins of some chromosomes."""
        own = [bins[name] for name in chromosomes if name in bins]
        return cls(
            chromosomes,
            peaks=sum(len(panel.peaks[name]) for name in chromosomes if name in bins),
            bins=sum(len(one.bins) for one in own),
            off_chromosome=sum(int(one.off_chromosome.sum()) for one in own),
            excluded=sum(int(one.excluded.sum()) for one in own),
            rows=sum(len(one.usable) for one in own),
            positives=sum(
                (one.positives(targets) for one in own), np.zeros(targets, dtype=np.int64)
            ),
        )


def report_summits(peaks: Iterable[pd.DataFrame]) -> None:
    """Log how many peaks have no summit, so that their middle is used."""
    summits = np.concatenate([own["summit"].to_numpy() for own in peaks])
    if missing := int((summits < 0).sum()):
        log.info(
            "%s of %s peaks have no summit (column 10 of narrowPeak): their middle is used",
            f"{missing:,}",
            f"{len(summits):,}",
        )


def check_positives(
    panel: Panel, positives: Integers, binning: Binning, min_positives: int, where: str
) -> npt.NDArray[np.bool_]:
    """Find the targets with enough positive bins, and warn of those whose peaks label few.

    Parameters
    ----------
    panel : Panel
    positives : numpy.ndarray, shape=(targets,), dtype=int64
        Positive bins of all splits, by target.
    binning : Binning
    min_positives : int
    where : str
        Where the peaks come from, for the error.

    Returns
    -------
    numpy.ndarray, shape=(targets,), dtype=bool

    Raises
    ------
    InputError
        No target has enough.
    """
    peaks = panel.table["peaks"].to_numpy()
    kept = positives >= min_positives
    # Peaks of 1 bp are positions: where they label few bins, several share a bin.
    lost = (binning.peak == "overlap") & (_peaks_between(panel, 2, np.inf) > _FEW * peaks)
    told = np.flatnonzero(~kept | (lost & (positives < _FEW * peaks)))
    short = _peaks_between(panel, 2, binning.uncovered)
    lines = []
    for target in told[np.argsort(positives[told] / peaks[told], kind="stable")]:
        name = panel.table["name"][target]
        line = f"{name}: {peaks[target]:,} peaks, {positives[target]:,} positive bins"
        if short[target]:
            line += f", {short[target]:,} peaks too short to label a bin alone"
        lines.append(line)
    listed = some_of(lines, separator="; ")
    if not kept.any():
        raise InputError(
            where,
            f"no target with {min_positives} positive bins of {binning.bin} bp ({listed})",
            f"a target with at least {min_positives} ({_rule(binning)})",
            _remedy(binning),
        )
    if lines:
        log.warning(
            "%d targets have few positive bins of %d bp (%s): %s. %s",
            len(lines),
            binning.bin,
            _rule(binning),
            listed,
            _remedy(binning),
        )
    return kept


def check_rows(splits: Mapping[str, SplitCounts], binning: Binning) -> None:
    """Refuse a split without rows, and say why it has none.

    Raises
    ------
    InputError
        A split has no rows.
    """
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


def warn_of_missing_negatives(splits: Mapping[str, SplitCounts], targets: pd.DataFrame) -> None:
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


def _peaks_between(panel: Panel, shortest: int, longest: float) -> Integers:
    """Number of peaks of some lengths, by target."""
    counts = np.zeros(len(panel.table), dtype=np.int64)
    for own in panel.peaks.values():
        chosen = (own["end"] - own["start"]).between(shortest, longest).to_numpy()
        counts += np.bincount(own["target"].to_numpy()[chosen], minlength=len(counts))
    return counts


def _rule(binning: Binning) -> str:
    if binning.peak == "overlap":
        return f"'peak: overlap': peaks cover more than {binning.uncovered} of {binning.bin} bp"
    return f"'peak: {binning.peak}'"


def _remedy(binning: Binning) -> str:
    if binning.peak == "overlap":
        return _OTHER_RULES
    return "Check that peaks are on complete bins, and what is excluded; or lower min_positives."
