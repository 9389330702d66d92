"""Positive labels of bins, of which most have few or none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from noncoding.data.genome.bins import Integers


@dataclass(frozen=True)
class Labels:
    """The positive targets of each bin that has any.

    Attributes
    ----------
    bins : numpy.ndarray, shape=(n,)
        Numbers of the bins with a label, in ascending order.
    ends : numpy.ndarray, shape=(n + 1,), dtype=int64
        ``target[ends[i]:ends[i + 1]]`` are the targets of bin ``i``, in ascending order.
    target : numpy.ndarray, shape=(labels,), dtype=int32
    targets : int
        Number of targets.
    """

    bins: npt.NDArray[np.signedinteger]
    ends: Integers
    target: npt.NDArray[np.int32]
    targets: int

    @classmethod
    def of_targets(cls, positive: Sequence[npt.NDArray[np.signedinteger]]) -> "Labels":
        """Labels from the bins of each target, which are distinct and in any order."""
        count = len(positive)
        keys = np.concatenate(
            [
                np.empty(0, dtype=np.int64),
                *(own.astype(np.int64) * count + index for index, own in enumerate(positive)),
            ]
        )
        keys.sort()
        target = (keys % max(count, 1)).astype(np.int32)
        keys //= max(count, 1)
        first = np.flatnonzero(np.diff(keys, prepend=-1))
        return cls(keys[first], np.append(first, len(keys)), target, count)

    def matrix(self, bins: Integers) -> npt.NDArray[np.uint8]:
        """Label matrix of bins in any order, shape=(n, targets), dtype=uint8."""
        matrix = np.zeros((len(bins), self.targets), dtype=np.uint8)
        place, known = self._places(bins)
        row = np.flatnonzero(known)
        first, counts = self.ends[place[known]], np.diff(self.ends)[place[known]]
        label = np.repeat(first - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        matrix[np.repeat(row, counts), self.target[label]] = 1
        return matrix

    def positives(self, bins: Integers) -> Integers:
        """Number of positive bins by target among distinct bins, shape=(targets,), dtype=int64."""
        place, known = self._places(bins)
        among = np.zeros(len(self.bins), dtype=bool)
        among[place[known]] = True
        chosen = np.repeat(among, np.diff(self.ends))
        return np.bincount(self.target[chosen], minlength=self.targets)

    def has_label(self, bins: Integers) -> npt.NDArray[np.bool_]:
        """Whether bins in any order have a label, shape=(n,)."""
        return self._places(bins)[1]

    def with_any(self, targets: Iterable[int]) -> Integers:
        """Bins that are positive for at least one of some targets, in ascending order."""
        wanted = np.zeros(self.targets, dtype=bool)
        wanted[list(targets)] = True
        owner = np.repeat(np.arange(len(self.bins)), np.diff(self.ends))
        return self.bins[np.unique(owner[wanted[self.target]])].astype(np.int64)

    def selected(self, kept: npt.NDArray[np.bool_]) -> "Labels":
        """Labels of the kept targets, shape=(targets,), which are renumbered."""
        if kept.all():
            return self
        chosen = kept[self.target]
        cumulated = np.concatenate([[0], np.cumsum(chosen, dtype=np.int64)])
        left = np.diff(cumulated[self.ends])
        ends = np.concatenate([[0], np.cumsum(left[left > 0])])
        target = (np.cumsum(kept, dtype=np.int32) - 1)[self.target[chosen]]
        return Labels(self.bins[left > 0], ends, target, int(kept.sum()))

    def _places(self, bins: Integers) -> tuple[Integers, npt.NDArray[np.bool_]]:
        """Place of each bin in `bins`, and whether it is there."""
        if not len(self.bins):
            return np.zeros(len(bins), dtype=np.int64), np.zeros(len(bins), dtype=bool)
        place = np.minimum(np.searchsorted(self.bins, bins), len(self.bins) - 1)
        return place, self.bins[place] == bins
