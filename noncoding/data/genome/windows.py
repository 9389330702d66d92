"""Windows along the chromosomes of a genome, without labels."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import bioframe
import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.data.genome.chromosomes import Genome
from noncoding.data.genome.sequences import Sequences

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows with the labelled bin at their centre, as runs at equal distances.

    Memory is proportional to the number of runs: a tiled chromosome is one run.

    Attributes
    ----------
    genome : Genome
    length, bin : int
        Of a window and of its bin, in bp; ``length - bin`` is even.
    stride : int
        Distance of the windows of a run, in bp.
    runs : pandas.DataFrame
        ``chromosome`` (categorical, in the order of the genome), ``start`` (first position of the
        bin of the first window; it may be below 0), ``count`` (windows, at least 1) and
        ``region`` (name). The index is that of the regions of which the runs were made.
    """

    genome: Genome
    length: int
    bin: int
    stride: int
    runs: pd.DataFrame

    @property
    def flank(self) -> int:
        """Bases of a window on each side of its bin."""
        return (self.length - self.bin) // 2

    @cached_property
    def _ends(self) -> Integers:
        """Number of windows up to the end of each run."""
        return self.runs["count"].to_numpy().cumsum()

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    @property
    def digest(self) -> str:
        """SHA-256 of all positions, which differs for other windows or another order."""
        digest = hashlib.sha256(f"{self.length} {self.bin} {self.stride}".encode())
        digest.update("\n".join(self.runs["chromosome"].cat.categories).encode())
        for column in (self.runs["chromosome"].cat.codes, self.runs["start"], self.runs["count"]):
            digest.update(column.to_numpy(np.int64).tobytes())
        return digest.hexdigest()

    @property
    def chromosomes(self) -> list[str]:
        """The chromosomes in the order of the windows; again where a window returns to one."""
        names = self.runs["chromosome"]
        return list(names[names.cat.codes.diff() != 0])

    def positions(self, rows: Integers) -> tuple[Integers, Integers]:
        """The number of the run and the first position of the bin of windows, both shape=(n,)."""
        run = np.searchsorted(self._ends, rows, side="right")
        behind = self._ends[run] - rows  # windows up to the end of the run
        first, count = (self.runs[name].to_numpy()[run] for name in ("start", "count"))
        return run, first + (count - behind) * self.stride

    def on(self, chromosome: str) -> tuple[Integers, Integers]:
        """The windows of a chromosome, and the first position of their bins, both shape=(n,)."""
        chosen = (self.runs["chromosome"] == chromosome).to_numpy()
        count = self.runs["count"].to_numpy()[chosen]
        # The number of the window in its run is added to that of the first in the run.
        within = np.arange(count.sum()) - np.repeat(count.cumsum() - count, count)
        rows = np.repeat(self._ends[chosen] - count, count) + within
        return rows, self.positions(rows)[1]

    def table(self, rows: slice) -> pd.DataFrame:
        """``chromosome``, ``start``, ``end`` of the bins of windows, and their ``region``."""
        run, start, end = self.bins(np.arange(rows.start, rows.stop))
        named = self.runs[["chromosome", "region"]].iloc[run].reset_index(drop=True)
        named.insert(1, "start", start)
        named.insert(2, "end", end)
        return named

    def bins(self, rows: Integers) -> tuple[Integers, Integers, Integers]:
        """The number of the run, the start and the end of the bin of windows, each shape=(n,).

        Bins are clipped to their chromosome.
        """
        run, start = self.positions(rows)
        length = np.array([*self.genome.lengths.values()])
        last = length[self.runs["chromosome"].cat.codes.to_numpy()[run]]
        return run, start.clip(0, last), (start + self.bin).clip(0, last)

    def codes(
        self, sequences: Sequences, rows: slice, shifts: Sequence[int] = (0,)
    ) -> npt.NDArray[np.uint8]:
        """Base codes of consecutive windows, shape=(shifts, n, length).

        A positive shift, in bp, is towards the end of the chromosome.
        """
        run, bins = self.positions(np.arange(rows.start, rows.stop))
        starts = bins - self.flank
        found = np.empty((len(shifts), len(starts), self.length), dtype=np.uint8)
        names, numbers = [*self.genome.lengths], self.runs["chromosome"].cat.codes.to_numpy()
        within = np.arange(self.length)
        # Windows of a run are read together, unless there are bases between them.
        apart = np.diff(run, prepend=-1, append=-1).astype(bool) | (self.stride > self.length)
        edges = np.flatnonzero(apart)
        for first, stop in pairwise(edges):
            low = int(starts[first]) + min(shifts)
            high = int(starts[stop - 1]) + max(shifts) + self.length
            bases = sequences.codes(names[numbers[run[first]]], low, high)
            for number, shift in enumerate(shifts):
                found[number, first:stop] = bases[starts[first:stop, None] + (shift - low) + within]
        return found

    def without(self, excluded: Mapping[str, pd.DataFrame]) -> "Windows":
        """The windows that overlap no excluded region.

        Parameters
        ----------
        excluded : mapping
            Chromosome → ``start`` and ``end`` of its regions, in bp, 0-based, half-open.
        """
        kept = [
            self._outside(runs, excluded[str(name)]) if str(name) in excluded else runs
            for name, runs in self.runs.groupby("chromosome", observed=True)
        ]
        runs = pd.concat([self.runs.iloc[:0], *kept]).sort_index(kind="stable")
        return Windows(self.genome, self.length, self.bin, self.stride, runs)

    def _outside(self, runs: pd.DataFrame, regions: pd.DataFrame) -> pd.DataFrame:
        """The parts of runs of a chromosome whose windows overlap no region."""
        merged = bioframe.merge(regions[["start", "end"]].assign(chrom="axis"))
        starts, ends = (merged[name].to_numpy(np.int64) for name in ("start", "end"))
        first = runs["start"].to_numpy() - self.flank
        last = first + (runs["count"].to_numpy() - 1) * self.stride + self.length
        # The first region that ends within or after each run, and whether it overlaps the run.
        reached = np.searchsorted(ends, first, side="right")
        overlaps = np.append(starts, np.iinfo(np.int64).max)[reached] < last
        parts = [runs[~overlaps]]
        for number in np.flatnonzero(overlaps & (runs["count"] > 1).to_numpy()):
            run = runs.iloc[[number]]
            count, start = int(run["count"].iat[0]), int(first[number])
            # Windows that overlap each region: from the first that ends after its start to the
            # last that starts before its end.
            begin = np.clip((starts - self.length - start) // self.stride + 1, 0, count)
            stop = np.clip(-((start - ends) // self.stride), 0, count)
            begin, stop = np.append(begin, count), np.insert(stop, 0, 0)
            [between] = np.nonzero(stop < begin)
            parts.append(
                run.iloc[np.zeros(len(between), dtype=int)].assign(
                    start=start + self.flank + stop[between] * self.stride,
                    count=(begin - stop)[between],
                )
            )
        return pd.concat(parts)


def centred_windows(
    regions: pd.DataFrame, genome: Genome, length: int, bin: int, *, summit: bool = False
) -> Windows:
    """One window at the centre of each region, rounded down, or at its summit.

    Parameters
    ----------
    regions : pandas.DataFrame
        ``chromosome`` (categorical, in the order of the genome), ``start`` and ``end`` (bp,
        0-based, half-open), ``region`` (name), and with `summit` also ``summit`` (below 0 for
        none: the centre is taken).
    genome, length, bin
        See `Windows`.
    summit : bool
    """
    centre = (regions["start"] + regions["end"]) // 2
    if summit:
        centre = regions["summit"].where(regions["summit"] >= 0, centre)
    start = centre - length // 2 + (length - bin) // 2
    runs = regions[["chromosome", "region"]].assign(start=start, count=1)
    return Windows(genome, length, bin, bin, runs)


def tiled_windows(
    regions: pd.DataFrame, genome: Genome, length: int, bin: int, stride: int
) -> Windows:
    """Windows of all bins that overlap a region and end within its chromosome.

    The bins begin at multiples of `stride`, counted from the start of the chromosome. Parameters
    are those of `centred_windows`. A region without such a bin has no run.
    """
    limits = regions["chromosome"].map(genome.lengths).astype("int64")
    first = ((regions["start"] - bin) // stride + 1).clip(lower=0)
    stop = (-(-regions["end"] // stride)).clip(upper=(limits - bin) // stride + 1)
    runs = regions[["chromosome", "region"]].assign(start=first * stride, count=stop - first)
    return Windows(genome, length, bin, stride, runs[runs["count"] > 0])
