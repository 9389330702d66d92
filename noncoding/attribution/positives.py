"""Sequences from which motifs are learned: positives of a target."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from noncoding.attribution.selection import best_true_positives
from noncoding.data.store import Store

_ROWS = 100_000
"""Whose labels are unpacked at once."""


def positives(
    stores: Mapping[str, Store],
    probabilities: npt.NDArray[np.float32],
    target: int,
    count: int,
    seed: int = 1,
) -> tuple[npt.NDArray[np.uint8], dict[str, int]]:
    """Windows with the label, none of which overlap within a split.

    What a network has learned shows in training loci, too, and a rare target has few
    others: the splits are taken one after the other until there are enough.

    Parameters
    ----------
    stores : mapping of str to Store
        By split, in the order in which they are taken.
    probabilities : numpy.ndarray, shape=(loci, targets)
        Of the first of them, of which the best-predicted are taken first; of the others
        any are.
    target : int
    count : int
        At most.
    seed : int
        Of the choice.

    Returns
    -------
    one_hot : numpy.ndarray, shape=(n, 4, length), dtype=uint8
    taken : dict of int
        How many come from each split.
    """
    generator = np.random.default_rng(seed)
    found: list[npt.NDArray[np.uint8]] = []
    taken: dict[str, int] = {}
    for number, (split, store) in enumerate(stores.items()):
        missing = count - sum(taken.values())
        if missing == 0:
            break
        labels = _labels(store, target)
        scores = generator.random(len(labels), np.float32) if number else probabilities[:, target]
        rows = np.sort(best_true_positives(labels, scores, missing, store))
        one_hot = store.sequences(rows)
        known = one_hot.any(axis=(1, 2))
        found.append(one_hot[known])
        taken[split] = int(known.sum())
    return np.concatenate(found), taken


def _labels(store: Store, target: int) -> npt.NDArray[np.uint8]:
    """A column of a store's labels, shape=(loci,)."""
    starts = range(0, store.loci_count, _ROWS)
    parts = (store.labels(slice(start, min(start + _ROWS, store.loci_count))) for start in starts)
    return np.concatenate([part[:, target] for part in parts])
