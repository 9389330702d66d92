"""Bins of a chromosome, their labels, and the windows around them.

By default a bin is positive for a target whose peaks cover more than half of it, as in DeepSEA
(Zhou & Troyanskaya, Nature Methods 2015). Bins that are positive for at least one target of any
kind are kept, each at the centre of a window; DeepSEA kept only bins that are positive for a
transcription factor.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor
from typing import Literal

import bioframe
import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.data.genome.chromosomes import Region
from noncoding.data.one_hot import codes, one_hot

ROWS_PER_BLOCK = 4096
"""Rows whose one-hot form is in memory at a time."""
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Binning:
    """How a genome is cut into windows and labelled.

    Attributes
    ----------
    window : int
        Length of a window in bp.
    bin : int
        Length of the bin at the centre of a window, in bp; ``window - bin`` is even.
    min_overlap : float
        With ``overlap``, a bin is positive where peaks cover more than this fraction of it.
    peak : {"overlap", "summit", "any"}
        Rule by which a peak makes a bin positive, see `positive_bins`.
    """

    window: int
    bin: int
    min_overlap: float
    peak: Literal["overlap", "summit", "any"] = "overlap"

    @property
    def uncovered(self) -> int:
        """Bases of a bin that peaks may cover without making it positive."""
        if self.peak != "overlap":
            return 0
        # Rounded first: 0.29 × 100 is 28.999…, and 29 bp are not more than that.
        return floor(round(self.min_overlap * self.bin, 6))

    def window_starts(self, bins: Integers) -> Integers:
        """First position of the window of each bin, shape=(n,), in bp."""
        return bins * self.bin - (self.window - self.bin) // 2


@dataclass(frozen=True)
class LabelledBins:
    """The bins of a chromosome or region that are positive for a target, and their windows.

    Attributes
    ----------
    bin, target : numpy.ndarray, shape=(n,), dtype=int64
        Number of the bin, from 0 at the start of the chromosome, and index of the target of each
        positive label; sorted by bin, then target.
    bins : numpy.ndarray, shape=(m,), dtype=int64
        The distinct bins, in ascending order.
    off_chromosome : numpy.ndarray, shape=(m,), dtype=bool
        Whether the window of a bin extends beyond the chromosome or region.
    excluded : numpy.ndarray, shape=(m,), dtype=bool
        Whether it is within the chromosome or region and overlaps an excluded region.
    """

    bin: Integers
    target: Integers
    bins: Integers
    off_chromosome: npt.NDArray[np.bool_]
    excluded: npt.NDArray[np.bool_]

    @property
    def usable(self) -> Integers:
        """Bins whose windows may become rows, in ascending order."""
        return self.bins[~(self.off_chromosome | self.excluded)]

    def positives(self, targets: int) -> Integers:
        """Number of usable positive bins by target, shape=(targets,), dtype=int64."""
        return np.bincount(self.target[np.isin(self.bin, self.usable)], minlength=targets)

    def selected(self, kept: npt.NDArray[np.bool_]) -> "LabelledBins":
        """The positive bins of the kept targets, shape=(targets,), which are renumbered."""
        chosen = kept[self.target]
        bin, target = self.bin[chosen], (np.cumsum(kept) - 1)[self.target[chosen]]
        bins = np.isin(self.bins, bin)
        return LabelledBins(
            bin, target, self.bins[bins], self.off_chromosome[bins], self.excluded[bins]
        )

    def labels(self, bins: Integers, targets: int) -> npt.NDArray[np.uint8]:
        """Label matrix of distinct bins in ascending order, shape=(n, targets), dtype=uint8."""
        matrix = np.zeros((len(bins), targets), dtype=np.uint8)
        if len(bins):
            span = slice(*np.searchsorted(self.bin, [bins[0], bins[-1] + 1]))
            row = np.searchsorted(bins, self.bin[span])
            wanted = bins[row] == self.bin[span]
            matrix[row[wanted], self.target[span][wanted]] = 1
        return matrix


def labelled_bins(
    peaks: pd.DataFrame, region: Region, binning: Binning, excluded_regions: pd.DataFrame | None
) -> LabelledBins:
    """Label the bins of a region (see `positive_bins`) and check their windows.

    Bins are those of the whole chromosome. `excluded_regions` are as in `overlaps`.
    """
    bin, target = positive_bins(peaks, region.end, binning)
    bins = np.unique(bin)
    starts = binning.window_starts(bins)
    off = (starts < region.start) | (starts + binning.window > region.end)
    excluded = np.zeros(len(bins), dtype=bool)
    if excluded_regions is not None:
        excluded = ~off & overlaps(starts, binning.window, excluded_regions)
    return LabelledBins(bin, target, bins, off, excluded)


def positive_bins(peaks: pd.DataFrame, length: int, binning: Binning) -> tuple[Integers, Integers]:
    """Label the complete bins of one chromosome.

    With the rule ``overlap``, the peaks of a target are merged, and a bin is positive where they
    cover more than ``min_overlap`` of it; a peak of 1 bp is a position, which makes its bin
    positive. With ``summit``, a bin is positive where it contains the summit of a peak, or the
    midpoint (``(start + end) // 2``) of a peak without one; with ``any``, where it shares a base
    with a peak.

    Parameters
    ----------
    peaks : pandas.DataFrame
        Columns ``target`` (index), ``start`` and ``end`` (bp, 0-based, half-open, within the
        chromosome); with ``summit`` also ``summit`` (bp, 0-based; below 0 for none).
    length : int
        Length of the chromosome in bp. Bases after the last complete bin belong to no bin.
    binning : Binning

    Returns
    -------
    bin, target : numpy.ndarray, shape=(n,), dtype=int64
        Each positive label once, sorted by bin, then target.
    """
    start, end, target = (peaks[name].to_numpy(np.int64) for name in ("start", "end", "target"))
    points, position = np.zeros(len(peaks), dtype=bool), start
    if binning.peak == "overlap":
        points = end - start == 1
    elif binning.peak == "summit":
        summit = peaks["summit"].to_numpy(np.int64)
        points[:], position = True, np.where(summit < 0, (start + end) // 2, summit)
    # The bins of all targets on one axis, with an empty one between targets: a single call
    # merges the peaks of every target.
    stretch = length // binning.bin + 2
    offset = target * stretch * binning.bin
    keys = np.unique(
        np.concatenate(
            [
                (position + offset)[points] // binning.bin,
                _covered_bins((start + offset)[~points], (end + offset)[~points], binning),
            ]
        )
    )
    target, bin = np.divmod(keys, stretch)
    complete = np.flatnonzero(bin < length // binning.bin)
    order = complete[np.lexsort((target[complete], bin[complete]))]
    return bin[order], target[order]


def _covered_bins(start: Integers, end: Integers, binning: Binning) -> Integers:
    """Bins of which regions, merged, cover more than `Binning.uncovered` bases."""
    if not len(start):
        return start
    merged = bioframe.merge(pd.DataFrame({"chrom": "axis", "start": start, "end": end}))
    start, end = merged["start"].to_numpy(np.int64), merged["end"].to_numpy(np.int64)
    first = start // binning.bin
    counts = (end - 1) // binning.bin + 1 - first
    region = np.repeat(np.arange(len(start)), counts)
    bin = first[region] + np.arange(len(region)) - np.repeat(np.cumsum(counts) - counts, counts)
    overlap = np.minimum(end[region], (bin + 1) * binning.bin) - np.maximum(
        start[region], bin * binning.bin
    )
    bins, place = np.unique(bin, return_inverse=True)
    return bins[np.bincount(place, weights=overlap, minlength=len(bins)) > binning.uncovered]


def overlaps(starts: Integers, window: int, regions: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Whether windows of `window` bp overlap a region, shape=(n,), dtype=bool.

    Parameters
    ----------
    starts : numpy.ndarray, shape=(n,), dtype=int64
        First position of each window.
    regions : pandas.DataFrame
        Columns ``start`` and ``end`` (bp, 0-based, half-open).
    """
    if regions.empty or not len(starts):
        return np.zeros(len(starts), dtype=bool)
    windows = pd.DataFrame({"chrom": "axis", "start": starts, "end": starts + window})
    counted = bioframe.count_overlaps(windows, regions[["start", "end"]].assign(chrom="axis"))
    return counted["count"].to_numpy() > 0


def window_rows(
    chromosome: str, sequence: bytes, bins: LabelledBins, binning: Binning, targets: int
) -> Iterator[tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8], pd.DataFrame]]:
    """Sequences, labels and loci of the usable bins, as `StoreWriter.append` takes them.

    Blocks have `ROWS_PER_BLOCK` rows.
    """
    usable = bins.usable
    if not len(usable):
        return
    windows = np.lib.stride_tricks.sliding_window_view(codes(sequence), binning.window)
    for first in range(0, len(usable), ROWS_PER_BLOCK):
        block = usable[first : first + ROWS_PER_BLOCK]
        starts = binning.window_starts(block)
        loci = {"chromosome": chromosome, "start": starts, "end": starts + binning.window}
        yield one_hot(windows[starts]), bins.labels(block, targets), pd.DataFrame(loci)
