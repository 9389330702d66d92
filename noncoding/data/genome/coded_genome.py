"""A genome whose bases are read at any position, from a scratch file of one byte per base."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.common.files import temporary
from noncoding.data.genome.chromosomes import Genome, read_genome
from noncoding.data.one_hot import UNKNOWN, codes

_CASE = ord("a") ^ ord("A")
_LOWER = 8
"""Bit of a code that marks a letter in lower case; codes of bases are below."""
_BLOCK = 1 << 22
"""Bases over which windows start whose composition is counted at a time."""

Integers = npt.NDArray[np.int64]


class CodedGenome:
    """The chromosomes of a FASTA file as codes of bases; use `coded_genome` to make one.

    Attributes
    ----------
    genome : Genome
        Names and lengths of all chromosomes.
    """

    def __init__(self, genome: Genome, path: Path) -> None:
        self.genome = genome
        self._codes: npt.NDArray[np.uint8] = np.memmap(path, dtype=np.uint8, mode="r")
        lengths = np.fromiter(genome.lengths.values(), dtype=np.int64)
        self._first = dict(zip(genome.lengths, np.cumsum(lengths) - lengths, strict=True))

    def _of(self, chromosome: str) -> npt.NDArray[np.uint8]:
        first = self._first[chromosome]
        return self._codes[first : first + self.genome.lengths[chromosome]]

    def windows(self, chromosome: str, starts: Integers, window: int) -> npt.NDArray[np.uint8]:
        """Base codes of windows, shape=(n, window), see `noncoding.data.one_hot.codes`.

        Parameters
        ----------
        chromosome : str
        starts : numpy.ndarray, shape=(n,), dtype=int64
            First positions, in bp, 0-based, of windows that lie within the chromosome.
        window : int
            Length in bp.
        """
        views = np.lib.stride_tricks.sliding_window_view(self._of(chromosome), window)
        return views[starts] & np.uint8(_LOWER - 1)

    def composition(self, chromosome: str, starts: Integers, window: int) -> pd.DataFrame:
        """Shares of bases of windows, which are given as for `windows`.

        Returns
        -------
        pandas.DataFrame
            Columns ``unknown`` (share of N), ``gc`` (share of G and C among known bases; NaN if
            there are none) and ``repeats`` (share of letters in lower case), dtype float64.
        """
        if not len(starts):
            return pd.DataFrame(columns=["unknown", "gc", "repeats"], dtype=np.float64)
        own = self._of(chromosome)
        # Windows begin and end at multiples of `step`: counts of cells are summed.
        step = int(np.gcd.reduce(starts, initial=window))
        order = np.argsort(starts, kind="stable")
        in_order = starts[order]
        counts = np.empty((len(starts), 3), dtype=np.int64)
        begin = 0
        while begin < len(starts):
            first = int(in_order[begin])
            stop = int(np.searchsorted(in_order, first + max(_BLOCK, window)))
            cells = _counts(own[first : int(in_order[stop - 1]) + window], step)
            cumulated = np.vstack([np.zeros((1, 3), dtype=np.int64), cells.cumsum(axis=0)])
            cell = (in_order[begin:stop] - first) // step
            counts[order[begin:stop]] = cumulated[cell + window // step] - cumulated[cell]
            begin = stop
        unknown, gc, lower = counts.T
        known = window - unknown
        share = np.divide(gc, known, out=np.full(len(starts), np.nan), where=known > 0)
        return pd.DataFrame({"unknown": unknown / window, "gc": share, "repeats": lower / window})


def _counts(bases: npt.NDArray[np.uint8], step: int) -> Integers:
    """Number of N, of G and C, and of lower-case letters in each `step` bases, shape=(n, 3)."""
    base = bases & np.uint8(_LOWER - 1)
    each = (base == UNKNOWN, (base == 1) | (base == 2), bases >= _LOWER)
    sums = [kind.reshape(-1, step).sum(axis=1, dtype=np.int64) for kind in each]
    return np.stack(sums, axis=1)


@contextmanager
def coded_genome(
    fasta: str | os.PathLike[str], folder: str | os.PathLike[str]
) -> Iterator[CodedGenome]:
    """Read a FASTA file once, with one chromosome in memory.

    Parameters
    ----------
    fasta : path
        Plain, or compressed with gzip, bgzip, bzip2 or xz.
    folder : path
        Where a scratch file of one byte per base is kept until the end.

    Raises
    ------
    InputError
        As `noncoding.data.genome.chromosomes.read_genome`.
    """
    with temporary(Path(folder, "genome.codes")) as path:
        with path.open("wb") as scratch:

            def keep(sequence: bytes) -> None:
                letters = np.frombuffer(sequence, dtype=np.uint8)
                lower = (letters & np.uint8(_CASE)) >> np.uint8(2)
                scratch.write((codes(sequence) | lower).tobytes())

            genome = read_genome(fasta, each=keep)
        yield CodedGenome(genome, path)
