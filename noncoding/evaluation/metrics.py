"""AUROC and average precision of every target, exact."""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from noncoding.common.errors import InputError

_BLOCK = 16
"""Targets that are copied at a time: 16 float32 are a line of the cache."""


class Ranking(NamedTuple):
    """What a classifier has found at each distinct score, the highest first.

    Attributes
    ----------
    true_positives, false_positives : numpy.ndarray, shape=(thresholds,), dtype=int64
        Loci with at least that score. Loci of equal score enter together, so
        that the order of the loci does not matter.
    """

    true_positives: npt.NDArray[np.int64]
    false_positives: npt.NDArray[np.int64]

    @property
    def positives(self) -> int:
        """Number of positive loci."""
        return int(self.true_positives[-1]) if self.true_positives.size else 0

    @property
    def negatives(self) -> int:
        """Number of negative loci."""
        return int(self.false_positives[-1]) if self.false_positives.size else 0

    @property
    def precision(self) -> npt.NDArray[np.float64]:
        """Share of positives among the loci found, shape=(thresholds,)."""
        return self.true_positives / (self.true_positives + self.false_positives)


def rank(labels: npt.NDArray[np.uint8], scores: npt.NDArray[np.floating]) -> Ranking:
    """Rank the loci of one target.

    Parameters
    ----------
    labels : numpy.ndarray, shape=(loci,), dtype=uint8
        Zeros and ones.
    scores : numpy.ndarray, shape=(loci,), dtype=float32 or float64
        Finite; higher means more likely positive.

    Returns
    -------
    Ranking
    """
    order = np.argsort(scores)[::-1]
    found = np.cumsum(labels[order], dtype=np.int64)
    falling = scores[order]
    last_of_tie = np.flatnonzero(np.append(falling[1:] != falling[:-1], True)[: len(falling)])
    true_positives = found[last_of_tie]
    return Ranking(true_positives, last_of_tie + 1 - true_positives)


def auroc(
    labels: npt.NDArray[np.uint8], scores: npt.NDArray[np.floating], threads: int = 1
) -> npt.NDArray[np.float64]:
    """Area under the receiver operating characteristic, by target.

    Parameters
    ----------
    labels : numpy.ndarray, shape=(loci, targets), dtype=uint8
        Zeros and ones.
    scores : numpy.ndarray, shape=(loci, targets), dtype=float32 or float64
        Higher means more likely positive.
    threads : int
        That share the targets out.

    Returns
    -------
    numpy.ndarray, shape=(targets,), dtype=float64
        The probability that a positive scores higher than a negative, a tie
        counted as one half (Hanley & McNeil 1982, Radiology 143:29); NaN where
        a target has no positives or no negatives.

    Raises
    ------
    InputError
        The shapes differ, a label is not 0 or 1, or a score is not finite.

    Examples
    --------
    >>> auroc(np.array([[0], [1], [1]], np.uint8), np.array([[0.1], [0.1], [0.9]]))
    array([0.75])
    """
    return auroc_and_average_precision(labels, scores, threads)[0]


def average_precision(
    labels: npt.NDArray[np.uint8], scores: npt.NDArray[np.floating], threads: int = 1
) -> npt.NDArray[np.float64]:
    """Area under the precision–recall curve (AUPR), by target.

    Parameters
    ----------
    labels, scores, threads
        As for `auroc`.

    Returns
    -------
    numpy.ndarray, shape=(targets,), dtype=float64
        Average precision, the sum over thresholds of the rise in recall times
        the precision there. It does not interpolate: a straight line between
        two points of this curve is too optimistic (Davis & Goadrich 2006,
        ICML). NaN where a target has no positives or no negatives.

    Raises
    ------
    InputError
        As for `auroc`.

    Examples
    --------
    >>> average_precision(np.array([[1], [0], [1]], np.uint8), np.array([[0.9], [0.5], [0.5]]))
    array([0.83333333])
    """
    return auroc_and_average_precision(labels, scores, threads)[1]


def auroc_and_average_precision(
    labels: npt.NDArray[np.uint8], scores: npt.NDArray[np.floating], threads: int = 1
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Both `auroc` and `average_precision`, for little more than the time of one."""
    _validate(labels, scores)
    result = np.full((2, labels.shape[1]), np.nan)

    def fill(first: int) -> None:
        # Transposed a few targets at a time: whole cache lines are read, and little is copied.
        block = slice(first, first + _BLOCK)
        positive = np.ascontiguousarray(labels[:, block].T).astype(bool, copy=False)
        of_block = np.ascontiguousarray(scores[:, block].T)
        for target, (own, of_target) in enumerate(zip(positive, of_block, strict=True), first):
            result[:, target] = _areas(own, of_target)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(fill, range(0, labels.shape[1], _BLOCK)))
    return result[0], result[1]


def _areas(
    positive: npt.NDArray[np.bool_], scores: npt.NDArray[np.floating]
) -> tuple[float, float]:
    """AUROC and average precision of a target, from the ranks of its positives alone.

    Two sorts of values are far faster than one that carries the labels along,
    and only the scores of positives are looked up.
    """
    found = np.sort(scores[positive])
    positives, negatives = len(found), len(scores) - len(found)
    if not positives or not negatives:
        return np.nan, np.nan
    ranked = np.sort(scores)
    # For each positive: all loci, and all positives, that score lower; then that score no higher.
    lower = np.searchsorted(ranked, found, "left")
    lower_positives = np.searchsorted(found, found, "left")
    no_higher = np.searchsorted(ranked, found, "right")
    no_higher_positives = np.searchsorted(found, found, "right")
    # Twice the area is a whole number, so that rounding happens only in the division.
    beaten = int((lower + no_higher - lower_positives - no_higher_positives).sum())
    precision = (positives - lower_positives) / (len(scores) - lower)
    return beaten / (2 * positives * negatives), float(precision.mean())


def _validate(labels: npt.NDArray[np.generic], scores: npt.NDArray[np.generic]) -> None:
    if labels.ndim != 2 or labels.shape != scores.shape:
        raise InputError(
            "labels and scores",
            f"the shapes {labels.shape} and {scores.shape}",
            "one shape, (loci, targets)",
            "Predict the same loci and targets that the labels speak of.",
        )
    # Extremes, since they need no temporary array: NaN is the extreme of any array that has it.
    if labels.dtype.kind not in "bui" or (
        labels.size and not 0 <= labels.min() <= labels.max() <= 1
    ):
        extremes = f" from {labels.min()} to {labels.max()}" if labels.size else ""
        raise InputError(
            "labels",
            f"{labels.dtype}{extremes}",
            "zeros and ones, as integers",
            "Give one bit a label.",
        )
    if scores.dtype.kind != "f" or (
        scores.size and not (np.isfinite(scores.min()) and np.isfinite(scores.max()))
    ):
        raise InputError(
            "scores",
            f"{scores.dtype} values that are not all finite floating-point numbers",
            "finite float32 or float64",
            "Run the stage 'predict' again; if it gives the same, look at the training's loss.",
        )
