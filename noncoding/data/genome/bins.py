"""Bins, their labels, and the windows around them: pure functions.

The genome is cut into bins. By default a bin is positive for a target whose peaks
cover more than half of it, as in DeepSEA (Zhou & Troyanskaya, Nature Methods 2015).
Bins that are positive for at least one target of any kind are kept, each in the middle
of a window; DeepSEA kept only bins that are positive for a transcription factor.
"""

from dataclasses import dataclass
from math import floor
from typing import Literal, get_args

import bioframe
import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.common.errors import InputError

Integers = npt.NDArray[np.int64]
PeakRule = Literal["overlap", "summit", "any"]
"""How a peak labels bins: by the share of the bin that peaks cover, by the bin that holds
its summit, or by a single base."""


@dataclass(frozen=True)
class Binning:
    """How a genome is cut.

    Attributes
    ----------
    window : int
        Length of a window in bp.
    bin : int
        Length of a bin in bp; the bin is in the middle of its window.
    min_overlap : float
        With ``overlap``, a bin is positive where peaks cover more than this fraction of it.
    peak : {"overlap", "summit", "any"}
        Rule by which a peak makes a bin positive, see `positives`.

    Raises
    ------
    InputError
        The bin cannot stand in the middle, the fraction is not in [0, 1), or there is no
        such rule.
    """

    window: int
    bin: int
    min_overlap: float
    peak: PeakRule = "overlap"

    def __post_init__(self) -> None:
        if self.bin < 1 or self.window < self.bin or (self.window - self.bin) % 2:
            raise InputError(
                "window and bin",
                f"a window of {self.window} bp around a bin of {self.bin} bp",
                "a bin of at least 1 bp, and flanks of the same length on both sides",
                "Make window − bin an even number, not below 0.",
            )
        if not 0 <= self.min_overlap < 1:
            raise InputError(
                "min_overlap",
                str(self.min_overlap),
                "a fraction, at least 0 and below 1",
                "DeepSEA's rule is 0.5.",
            )
        if self.peak not in get_args(PeakRule):
            raise InputError(
                "peak",
                repr(self.peak),
                f"one of {', '.join(get_args(PeakRule))}",
                "DeepSEA's rule is overlap.",
            )

    @property
    def uncovered(self) -> int:
        """Bases of a bin that peaks may cover without making it positive."""
        if self.peak != "overlap":
            return 0
        # Rounded first: 0.29 × 100 is 28.999…, and 29 bp are not more than that.
        return floor(round(self.min_overlap * self.bin, 6))

    def window_starts(self, bins: Integers) -> Integers:
        """First position of the windows of some bins, shape=(n,), in bp."""
        return bins * self.bin - (self.window - self.bin) // 2


@dataclass(frozen=True)
class Positives:
    """The positive labels of one chromosome, sorted by bin and target.

    Attributes
    ----------
    bin : numpy.ndarray, shape=(n,), dtype=int64
        Number of the bin, from 0 at the start of the chromosome.
    target : numpy.ndarray, shape=(n,), dtype=int64
        Index of the target.
    """

    bin: Integers
    target: Integers

    def labels(self, bins: Integers, targets: int) -> npt.NDArray[np.uint8]:
        """Label matrix of some bins.

        Parameters
        ----------
        bins : numpy.ndarray, shape=(n,), dtype=int64
            Rising, each at most once.
        targets : int
            Number of targets.

        Returns
        -------
        numpy.ndarray, shape=(n, targets), dtype=uint8
        """
        matrix = np.zeros((len(bins), targets), dtype=np.uint8)
        if len(bins):
            part = slice(*np.searchsorted(self.bin, [bins[0], bins[-1] + 1]))
            row = np.searchsorted(bins, self.bin[part])
            asked = bins[row] == self.bin[part]
            matrix[row[asked], self.target[part][asked]] = 1
        return matrix


@dataclass(frozen=True)
class LabelledBins:
    """The bins of one chromosome that are positive for a target, and their windows.

    Attributes
    ----------
    labels : Positives
    bins : numpy.ndarray, shape=(n,), dtype=int64
        The bins of the labels, rising, each once.
    off_chromosome : numpy.ndarray, shape=(n,), dtype=bool
        Whether the window of a bin extends beyond the chromosome.
    excluded : numpy.ndarray, shape=(n,), dtype=bool
        Whether it lies on the chromosome and overlaps an excluded region.
    """

    labels: Positives
    bins: Integers
    off_chromosome: npt.NDArray[np.bool_]
    excluded: npt.NDArray[np.bool_]

    @property
    def usable(self) -> Integers:
        """Bins whose windows may become rows, rising."""
        return self.bins[~(self.off_chromosome | self.excluded)]

    def positives(self, targets: int) -> Integers:
        """Usable bins that are positive, by target, shape=(targets,), dtype=int64."""
        own = np.isin(self.labels.bin, self.usable)
        return np.bincount(self.labels.target[own], minlength=targets)

    def selected(self, kept: npt.NDArray[np.bool_]) -> "LabelledBins":
        """The bins of some targets, which are renumbered.

        Parameters
        ----------
        kept : numpy.ndarray, shape=(targets,), dtype=bool
        """
        own = kept[self.labels.target]
        targets = np.cumsum(kept) - 1
        labels = Positives(self.labels.bin[own], targets[self.labels.target[own]])
        still = np.isin(self.bins, labels.bin)
        return LabelledBins(
            labels, self.bins[still], self.off_chromosome[still], self.excluded[still]
        )


def labelled_bins(
    peaks: pd.DataFrame, length: int, binning: Binning, regions: pd.DataFrame | None
) -> LabelledBins:
    """Label the bins of one chromosome and check their windows.

    Parameters
    ----------
    peaks, length, binning
        As in `positives`.
    regions : pandas.DataFrame or None
        Excluded regions as in `touched`.

    Returns
    -------
    LabelledBins
    """
    labels = positives(peaks, length, binning)
    bins = np.unique(labels.bin)
    starts = binning.window_starts(bins)
    off = (starts < 0) | (starts + binning.window > length)
    excluded = np.zeros(len(bins), dtype=bool)
    if regions is not None:
        excluded = ~off & touched(starts, binning.window, regions)
    return LabelledBins(labels, bins, off, excluded)


def positives(peaks: pd.DataFrame, length: int, binning: Binning) -> Positives:
    """Label the complete bins of one chromosome.

    With the rule ``overlap``, the peaks of a target are merged, and a bin is positive
    where they cover more than ``min_overlap`` of it. A peak of 1 bp is a position, not a
    region: it makes the bin positive that it falls in. With ``summit``, a bin is positive
    where it holds the summit of a peak, or the middle (``(start + end) // 2``) of a peak
    without one. With ``any``, it is positive where it shares a base with a peak.

    Parameters
    ----------
    peaks : pandas.DataFrame
        Columns ``target`` (index), ``start`` and ``end`` (bp, 0-based,
        half-open, within the chromosome); with ``summit`` also ``summit`` (bp,
        0-based; below 0 for none).
    length : int
        Of the chromosome in bp. What is left of it behind the last complete
        bin belongs to no bin.
    binning : Binning

    Returns
    -------
    Positives
    """
    start, end = peaks["start"].to_numpy(np.int64), peaks["end"].to_numpy(np.int64)
    match binning.peak:
        case "summit":
            summit = peaks["summit"].to_numpy(np.int64)
            points = np.ones(len(peaks), dtype=bool)
            position = np.where(summit < 0, (start + end) // 2, summit)
        case "overlap":
            points, position = end - start == 1, start
        case "any":
            points, position = np.zeros(len(peaks), dtype=bool), start
    covered = _covered_bins(_merged(peaks[~points], length), binning)
    bin = np.concatenate([position[points] // binning.bin, covered.bin])
    target = np.concatenate([peaks["target"].to_numpy(np.int64)[points], covered.target])
    complete = bin < length // binning.bin
    targets = target.max(initial=0) + 1
    keys = np.unique(bin[complete] * targets + target[complete])
    return Positives(*np.divmod(keys, targets))


def _merged(peaks: pd.DataFrame, length: int) -> pd.DataFrame:
    """Merge the peaks of each target.

    Every target is given its own stretch of one long axis, with 1 bp between
    stretches: so one call merges all of them, where a call for each target and
    chromosome would take most of the time of a build.
    """
    if peaks.empty:
        return peaks
    offset = peaks["target"].astype(np.int64) * (length + 1)
    axis = pd.DataFrame(
        {"chrom": "axis", "start": peaks["start"] + offset, "end": peaks["end"] + offset}
    )
    merged = bioframe.merge(axis)
    target = merged["start"] // (length + 1)
    return pd.DataFrame(
        {
            "target": target,
            "start": merged["start"] - target * (length + 1),
            "end": merged["end"] - target * (length + 1),
        }
    )


def _covered_bins(regions: pd.DataFrame, binning: Binning) -> Positives:
    """Bins of which disjoint regions cover more than `Binning.uncovered` bases."""
    start, end, target = (regions[name].to_numpy(np.int64) for name in ("start", "end", "target"))
    first = start // binning.bin
    counts = (end - 1) // binning.bin + 1 - first
    region = np.repeat(np.arange(len(regions)), counts)
    bin = first[region] + np.arange(len(region)) - np.repeat(np.cumsum(counts) - counts, counts)
    bin_start = bin * binning.bin
    overlap = np.minimum(end[region], bin_start + binning.bin) - np.maximum(
        start[region], bin_start
    )
    targets = target.max(initial=0) + 1
    keys, key = np.unique(bin * targets + target[region], return_inverse=True)
    covered = np.bincount(key, weights=overlap, minlength=len(keys))
    return Positives(*np.divmod(keys[covered > binning.uncovered], targets))


def touched(starts: Integers, window: int, regions: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Say which windows share a base with a region.

    Parameters
    ----------
    starts : numpy.ndarray, shape=(n,), dtype=int64
        First position of each window.
    window : int
        Length of a window in bp.
    regions : pandas.DataFrame
        Columns ``start`` and ``end`` (bp, 0-based, half-open).

    Returns
    -------
    numpy.ndarray, shape=(n,), dtype=bool
    """
    if regions.empty or not len(starts):
        return np.zeros(len(starts), dtype=bool)
    windows = pd.DataFrame({"chrom": "axis", "start": starts, "end": starts + window})
    counted = bioframe.count_overlaps(windows, regions[["start", "end"]].assign(chrom="axis"))
    return counted["count"].to_numpy() > 0
