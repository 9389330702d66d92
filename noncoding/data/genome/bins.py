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


class BinAxis:
    """The bins of all chromosomes of a genome on one axis, by number.

    Between the complete bins of two chromosomes lie at least two numbers that are no bins.

    Parameters
    ----------
    lengths : mapping
        Chromosome → length in bp.
    bin : int
        Length of a bin in bp.

    Attributes
    ----------
    chromosomes : list of str
    first : numpy.ndarray, shape=(chromosomes,), dtype=int64
        Number of the first bin of each chromosome.
    complete : numpy.ndarray, shape=(chromosomes,), dtype=int64
        Number of complete bins of each chromosome.
    dtype : numpy.dtype
        Smallest type of signed integers that holds the numbers of all bins.
    """

    def __init__(self, lengths: Mapping[str, int], bin: int) -> None:
        self.chromosomes = list(lengths)
        self.bin = bin
        self.complete = np.fromiter(lengths.values(), dtype=np.int64) // bin
        taken = self.complete + 2
        self.first = np.cumsum(taken) - taken
        self.dtype = np.min_scalar_type(-int(taken.sum()))

    def numbers(self, chromosome: Integers, bin: Integers) -> Integers:
        """Numbers of bins, given the indices of their chromosomes and their places on these."""
        return self.first[chromosome] + bin

    def places(self, numbers: Integers) -> tuple[Integers, Integers]:
        """Index of the chromosome of each bin, and its place on it; inverse of `numbers`."""
        chromosome = np.searchsorted(self.first, numbers, side="right") - 1
        return chromosome, numbers - self.first[chromosome]

    def on_chromosomes(self, numbers: Integers) -> Iterator[tuple[str, Integers, Integers]]:
        """Chromosome, positions in `numbers`, and places of its bins, for each with any."""
        chromosome, place = self.places(numbers)
        order = np.argsort(chromosome, kind="stable")
        ends = np.flatnonzero(np.diff(chromosome[order])) + 1
        for rows in np.split(order, ends):
            if len(rows):
                yield self.chromosomes[chromosome[rows[0]]], rows, place[rows]


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
        Numbers of complete bins, in ascending order. Bases after the last complete bin of a
        chromosome belong to no bin.
    """
    start, end = (peaks[name].to_numpy(np.int64) for name in ("start", "end"))
    points, position = np.zeros(len(peaks), dtype=bool), start
    if binning.peak == "overlap":
        points = end - start == 1
    elif binning.peak == "summit":
        summit = peaks["summit"].to_numpy(np.int64)
        points[:], position = True, np.where(summit < 0, (start + end) // 2, summit)
    offset = axis.first[peaks["chromosome"].cat.codes.to_numpy()] * binning.bin
    covered = _covered_bins((start + offset)[~points], (end + offset)[~points], binning)
    found = np.union1d((position + offset)[points] // binning.bin, covered)
    chromosome, place = axis.places(found)
    return found[place < axis.complete[chromosome]]


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
