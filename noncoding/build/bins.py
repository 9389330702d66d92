"""Bins, their labels, and the windows around them: pure functions.

The rule is DeepSEA's (Zhou & Troyanskaya, Nature Methods 2015): the genome is
cut into bins; a bin is positive for a target whose peaks cover more than half
of it; bins with at least one target are kept, each in the middle of a window.
"""

from dataclasses import dataclass
from math import floor

import bioframe
import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.errors import InputError

Integers = npt.NDArray[np.int64]


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
        A bin is positive where peaks cover more than this fraction of it.

    Raises
    ------
    InputError
        The bin cannot stand in the middle, or the fraction is not in [0, 1).
    """

    window: int
    bin: int
    min_overlap: float

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


def positives(peaks: pd.DataFrame, length: int, binning: Binning) -> Positives:
    """Label the complete bins of one chromosome.

    A peak of 1 bp is a position, not a region: it makes the bin positive that
    it falls in. All other peaks of a target are merged, and a bin is positive
    where they cover more than ``min_overlap`` of it.

    Parameters
    ----------
    peaks : pandas.DataFrame
        Columns ``target`` (index), ``start`` and ``end`` (bp, 0-based,
        half-open, within the chromosome).
    length : int
        Of the chromosome in bp. What is left of it behind the last complete
        bin belongs to no bin.
    binning : Binning

    Returns
    -------
    Positives
    """
    bins = length // binning.bin
    point = (peaks["end"] - peaks["start"] == 1).to_numpy()
    points = peaks[point]
    covered = _covered_bins(_merged(peaks[~point], length), binning)
    bin = np.concatenate([points["start"].to_numpy() // binning.bin, covered.bin])
    target = np.concatenate([points["target"].to_numpy(), covered.target])
    complete = bin < bins
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
    """Bins that disjoint regions cover more than the least fraction of."""
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
    # Rounded first: 0.29 × 100 is 28.999…, and 29 bp are not more than that.
    least = floor(round(binning.min_overlap * binning.bin, 6))
    return Positives(*np.divmod(keys[covered > least], targets))


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
