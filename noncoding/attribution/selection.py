"""Choose the targets to explain, and their true positives."""

from collections.abc import Iterator, Mapping
from itertools import islice

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.common.errors import InputError
from noncoding.data.one_hot import letters, reverse_complement
from noncoding.data.store import Store
from noncoding.data.targets import named_target
from noncoding.settings.explain import TargetSelection

SHARED = 32
"""Shortest overlap, in bp, that is detected by sequence."""
_ROWS = 100_000
"""Rows of labels that are unpacked at once."""
_READ = 64
"""Windows that are read at once."""


def select_targets(metrics: pd.DataFrame, choice: TargetSelection) -> tuple[list[int], list[str]]:
    """Indices of the targets to explain, and a message for each unknown target.

    Targets are selected from the table of the evaluation (index, name, group, auprc). Raises
    `InputError` if none is selected.
    """
    indices: list[int] = []
    problems = []
    for entry in choice.targets:
        try:
            indices += named_target(metrics, entry, "explain.targets")["index"].tolist()
        except InputError as error:
            problems.append(str(error))
    ranked = metrics.dropna(subset="auprc").sort_values("auprc", ascending=False, kind="stable")
    indices += ranked["index"][: choice.best].tolist()
    for _, group in ranked.groupby("group", sort=True):
        indices += group["index"][: choice.best_per_group].tolist()
    selected = list(dict.fromkeys(indices))
    if not selected:
        raise InputError(
            "configuration, key explain",
            " ".join(problems) or "no target",
            "at least one target of the target table",
            "Name targets under 'targets', or set 'best' or 'best_per_group'.",
        )
    return selected, problems


def positives(
    stores: Mapping[str, Store], probabilities: npt.NDArray[np.float32], target: int, count: int
) -> tuple[npt.NDArray[np.uint8], dict[str, int]]:
    """At most `count` positive windows of a target, without overlaps within a split.

    The splits are used in turn until there are enough windows, because rare targets have few
    positives: the best-predicted ones of the first split, and random ones of the others.

    Parameters
    ----------
    stores : mapping of str to Store
        By split.
    probabilities : numpy.ndarray, shape=(loci, targets)
        Predictions for the first split.

    Returns
    -------
    one_hot : numpy.ndarray, shape=(n, 4, length), dtype=uint8
    taken : dict of int
        Number of windows from each split.
    """
    generator = np.random.default_rng(1)
    found: list[npt.NDArray[np.uint8]] = []
    taken: dict[str, int] = {}
    for number, (split, store) in enumerate(stores.items()):
        missing = count - sum(taken.values())
        if missing == 0:
            break
        starts = range(0, store.loci_count, _ROWS)
        batches = (slice(start, min(start + _ROWS, store.loci_count)) for start in starts)
        labels = np.concatenate([store.labels(batch)[:, target] for batch in batches])
        scores = generator.random(len(labels), np.float32) if number else probabilities[:, target]
        rows = np.sort(best_true_positives(labels, scores, missing, store))
        one_hot = store.sequences(rows)
        known = one_hot.any(axis=(1, 2))
        found.append(one_hot[known])
        taken[split] = int(known.sum())
    return np.concatenate(found), taken


def best_true_positives(
    labels: npt.NDArray[np.uint8],
    probabilities: npt.NDArray[np.float32],
    count: int,
    store: Store,
) -> npt.NDArray[np.int64]:
    """At most `count` positive loci by decreasing probability, without overlaps.

    Labels and probabilities of one target have the shape (loci,). A locus that overlaps a better
    one is skipped; overlaps are detected by sequence if the store has no coordinates.
    """
    positive = np.flatnonzero(labels)
    ranked = positive[np.argsort(-probabilities[positive], kind="stable")]
    loci = store.loci()
    disjoint = _disjoint_by_sequence(store, ranked) if loci is None else _disjoint(loci, ranked)
    return np.array(list(islice(disjoint, count)), dtype=np.int64)


def read_rows(store: Store, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """Sequences of a store for rows in any order, shape=(n, 4, length)."""
    order = np.argsort(rows, kind="stable")
    return store.sequences(rows[order])[np.argsort(order)]


class DisjointWindows:
    """Windows of equal length without overlaps, as detected by their sequences.

    Two windows overlap if, on either strand, one is a shifted copy of the other: all bases
    must agree, so that a shared repeat is not an overlap. Only the ends of windows are
    indexed, since each of two overlapping windows contains an end of the other.
    """

    def __init__(self) -> None:
        self._ends: dict[str, list[tuple[str, int]]] = {}

    def add(self, sequence: npt.NDArray[np.uint8]) -> bool:
        """Add a window, shape=(4, length), unless it overlaps; whether it was added."""
        window = letters(sequence)
        shared = min(SHARED, len(window))
        for start in range(len(window) - shared + 1):
            for other, place in self._ends.get(window[start : start + shared], ()):
                if _agree(window, other, start - place):
                    return False
        for strand in (window, letters(reverse_complement(sequence))):
            for place in {0, len(strand) - shared}:
                self._ends.setdefault(strand[place : place + shared], []).append((strand, place))
        return True


def _agree(window: str, other: str, shift: int) -> bool:
    """Whether two windows have the same bases where they overlap at a shift."""
    own = window[max(shift, 0) : len(window) + min(shift, 0)]
    if own != other[max(-shift, 0) : len(other) - max(shift, 0)]:
        return False
    return len(own) - own.count("N") >= min(SHARED, len(window))


def _disjoint(loci: pd.DataFrame, ranked: npt.NDArray[np.int64]) -> Iterator[int]:
    """Rows whose window overlaps no earlier one, by coordinates."""
    windows: dict[str, list[tuple[int, int]]] = {}
    for row in ranked:
        chromosome, start, end = loci.loc[row, ["chromosome", "start", "end"]]
        others = windows.setdefault(chromosome, [])
        if all(end <= low or high <= start for low, high in others):
            others.append((start, end))
            yield row


def _disjoint_by_sequence(store: Store, ranked: npt.NDArray[np.int64]) -> Iterator[int]:
    """Rows whose window overlaps no earlier one, by sequence."""
    windows = DisjointWindows()
    for first in range(0, len(ranked), _READ):
        rows = ranked[first : first + _READ]
        one_hot = read_rows(store, rows)
        yield from (row for row, one in zip(rows, one_hot, strict=True) if windows.add(one))
