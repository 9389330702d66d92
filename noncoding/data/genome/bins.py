"""Bins of a genome, those that peaks make positive, and the windows around them.

By default a bin is positive for a target whose peaks cover more than half of it, as in DeepSEA
(Zhou & Troyanskaya, Nature Methods 2015). Each bin is at the centre of a window.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import floor
from typing import Literal

import bioframe
import numpy as np
import numpy.typing as npt
import pandas as pd
from bioframe.core import arrops

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

    @property
    def flank(self) -> int:
        """Bases of a window on each side of the bin."""
        return (self.window - self.bin) // 2


class BinAxis:
    """The bins of all chromosomes of a genome on one axis, by number.

    The bins of a grid do not overlap. The first grid begins at the first base of each chromosome,
    and each further one `stride` bases after the one before; its bins follow on the axis. Between
    the complete bins of two chromosomes lie at least two numbers that are no bins.

    Parameters
    ----------
    lengths : mapping
        Chromosome → length in bp.
    bin : int
        Length of a bin in bp.
    stride : int, optional
        Distance of the bins of all grids, a divisor of `bin`; by default there is one grid.

    Attributes
    ----------
    chromosomes : list of str
    offsets : range
        First position of each grid on a chromosome, in bp.
    first, complete : numpy.ndarray, shape=(grids, chromosomes), dtype=int64
        Number of the first bin, and number of complete bins, of each grid and chromosome.
    grid : int
        The first grid has smaller numbers than this one.
    dtype : numpy.dtype
        Smallest type of signed integers that holds the numbers of all bins.
    """

    def __init__(self, lengths: Mapping[str, int], bin: int, stride: int | None = None) -> None:
        self.chromosomes = list(lengths)
        self.bin = bin
        self.offsets = range(0, bin, stride or bin)
        bases = np.fromiter(lengths.values(), dtype=np.int64)
        self.complete = np.maximum(0, bases - np.array(self.offsets)[:, np.newaxis]) // bin
        taken = self.complete + 2
        self.first = (np.cumsum(taken) - taken.ravel()).reshape(taken.shape)
        self.grid = int(taken[0].sum())
        self.dtype = np.min_scalar_type(-int(taken.sum()))

    def numbers(self, chromosome: Integers, bin: Integers) -> Integers:
        """Numbers of bins of the first grid, given their chromosomes' indices and their places."""
        return self.first[0, chromosome] + bin

    def starts(self, numbers: Integers) -> tuple[Integers, Integers]:
        """Index of the chromosome of each bin, and its first position in bp."""
        part = np.searchsorted(self.first.ravel(), numbers, side="right") - 1
        grid, chromosome = np.divmod(part, len(self.chromosomes))
        place = numbers - self.first[grid, chromosome]
        return chromosome, place * self.bin + grid * self.offsets.step

    def on_chromosomes(self, numbers: Integers) -> Iterator[tuple[str, Integers, Integers]]:
        """Chromosome, indices in `numbers`, and first positions of its bins, for each with any."""
        chromosome, starts = self.starts(numbers)
        order = np.argsort(chromosome, kind="stable")
        ends = np.flatnonzero(np.diff(chromosome[order])) + 1
        for rows in np.split(order, ends):
            if len(rows):
                yield self.chromosomes[chromosome[rows[0]]], rows, starts[rows]


def positive_bins(peaks: pd.DataFrame, axis: BinAxis, binning: Binning) -> Integers:
    """Bins that the peaks of one target make positive.

    With the rule ``overlap``, peaks are merged, and a bin is positive where they cover more than
    ``min_overlap`` of it; a peak of 1 bp is a position, which makes its bin positive. With
    ``summit``, a bin is positive where it contains the summit of a peak, or the midpoint
    (``(start + end) // 2``) of a peak without one; with ``any``, where it shares a base with a
    peak.

    Parameters
    ----------
    peaks : pandas.DataFrame
        Columns ``chromosome`` (categorical, categories as in `axis`), ``start`` and ``end`` (bp,
        0-based, half-open, within the chromosome); with ``summit`` also ``summit`` (bp, 0-based;
        below 0 for none).
    axis : BinAxis
    binning : Binning

    Returns
    -------
    numpy.ndarray, shape=(n,), dtype=int64
        Numbers of complete bins of all grids, in ascending order. Bases before the first and after
        the last complete bin of a chromosome belong to no bin.
    """
    start, end = (peaks[name].to_numpy(np.int64) for name in ("start", "end"))
    points, position = np.zeros(len(peaks), dtype=bool), start
    if binning.peak == "overlap":
        points = end - start == 1
    elif binning.peak == "summit":
        summit = peaks["summit"].to_numpy(np.int64)
        points[:], position = True, np.where(summit < 0, (start + end) // 2, summit)
    chromosome = peaks["chromosome"].cat.codes.to_numpy()
    found = []
    for offset, first, complete in zip(axis.offsets, axis.first, axis.complete, strict=True):
        # Of the axis, in bases: the bin with number n begins at n * bin.
        origin = first[chromosome] * binning.bin
        within = points & (position >= offset)
        hit = (position - offset + origin)[within] // binning.bin
        within = ~points & (end > offset)
        from_, to = (np.maximum(0, ends - offset) + origin for ends in (start, end))
        bins = np.union1d(hit, _covered_bins(from_[within], to[within], binning))
        own = np.searchsorted(first, bins, side="right") - 1
        found.append(bins[bins - first[own] < complete[own]])
    return np.concatenate(found)


def _covered_bins(start: Integers, end: Integers, binning: Binning) -> Integers:
    """Bins of which regions, merged, cover more than `Binning.uncovered` bases."""
    if not len(start):
        return start
    _, start, end = arrops.merge_intervals(start, end)
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
