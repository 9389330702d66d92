"""Counts of labels and bases in a store, read in blocks.

Counts are of loci: where the reverse complements are stored too, only the first half of the rows
is read.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from noncoding.data.histograms import SHARE_BINS, mean_difference, share_histogram
from noncoding.data.one_hot import ALPHABET
from noncoding.data.store import ROWS_PER_CHUNK, Store

BASES = ALPHABET + "N"
_ROWS = 16 * ROWS_PER_CHUNK


@dataclass(frozen=True)
class SplitCounts:
    """Counts of one split.

    Attributes
    ----------
    loci : int
    positives : numpy.ndarray, shape=(targets,), dtype=int64
        Positive loci by target.
    loci_by_labels : numpy.ndarray, shape=(targets + 1,), dtype=int64
        Number of loci that have 0, 1, 2, … labels.
    bases : numpy.ndarray, shape=(5,), dtype=int64
        Number of A, C, G, T and N in all windows.
    gc_labelled, gc_unlabelled : numpy.ndarray, shape=(50,), dtype=int64
        Number of loci with and without a label, by the GC content of the known bases of their
        windows, in bins of 2 %. Windows without a known base are in neither.
    with_unknown : int
        Number of windows that hold an N.
    """

    loci: int
    positives: npt.NDArray[np.int64]
    loci_by_labels: npt.NDArray[np.int64]
    bases: npt.NDArray[np.int64]
    gc_labelled: npt.NDArray[np.int64]
    gc_unlabelled: npt.NDArray[np.int64]
    with_unknown: int

    @property
    def unlabelled(self) -> int:
        """Number of loci that are positive for no target."""
        return int(self.loci_by_labels[0])

    @property
    def gc_difference(self) -> float | None:
        """Mean absolute difference of the two histograms of GC content, as shares."""
        return mean_difference(self.gc_labelled, self.gc_unlabelled)

    @property
    def prevalence(self) -> npt.NDArray[np.float64]:
        """Fraction of positive loci by target, shape=(targets,)."""
        return self.positives / max(self.loci, 1)

    @property
    def mean_labels(self) -> float:
        """Mean number of labels per locus."""
        return float(self.positives.sum() / max(self.loci, 1))

    @property
    def base_shares(self) -> dict[str, float]:
        """Fraction of each base, by letter."""
        return dict(zip(BASES, (self.bases / max(self.bases.sum(), 1)).tolist(), strict=True))


def count_positives(store: Store) -> npt.NDArray[np.int64]:
    """Positive loci by target, shape=(targets,), dtype=int64."""
    positives = np.zeros(len(store.targets), dtype=np.int64)
    for rows in _blocks(store):
        positives += store.labels(rows).sum(axis=0, dtype=np.int64)
    return positives


def count_split(store: Store) -> SplitCounts:
    """Count labels and bases of a split."""
    positives = np.zeros(len(store.targets), dtype=np.int64)
    loci_by_labels = np.zeros(len(store.targets) + 1, dtype=np.int64)
    known = np.zeros(len(ALPHABET), dtype=np.int64)
    gc_by_label = np.zeros((2, SHARE_BINS), dtype=np.int64)
    with_unknown = 0
    for rows in _blocks(store):
        labels = store.labels(rows)
        positives += labels.sum(axis=0, dtype=np.int64)
        of_locus = labels.sum(axis=1, dtype=np.int64)
        loci_by_labels += np.bincount(of_locus, minlength=len(loci_by_labels))
        # The bits that fill the last byte are zero and do not count.
        bases = np.bitwise_count(store.packed_sequences(rows)).sum(axis=2, dtype=np.int64)
        known += bases.sum(axis=0)
        of_window = bases.sum(axis=1)
        with_unknown += int((of_window < store.length).sum())
        gc = np.full(len(bases), np.nan)
        np.divide(bases[:, 1:3].sum(axis=1), of_window, out=gc, where=of_window > 0)
        for labelled in (0, 1):
            gc_by_label[labelled] += share_histogram(gc[(of_locus > 0) == labelled])
    unknown = store.loci_count * store.length - known.sum()
    return SplitCounts(
        store.loci_count,
        positives,
        loci_by_labels,
        np.append(known, unknown),
        gc_labelled=gc_by_label[1],
        gc_unlabelled=gc_by_label[0],
        with_unknown=with_unknown,
    )


def _blocks(store: Store) -> Iterator[slice]:
    for start in range(0, store.loci_count, _ROWS):
        yield slice(start, min(start + _ROWS, store.loci_count))
