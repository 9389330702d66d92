"""AUROC and average precision of every target, exact."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from noncoding.errors import InputError


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
    labels: npt.NDArray[np.uint8], scores: npt.NDArray[np.floating]
) -> npt.NDArray[np.float64]:
    """Area under the receiver operating characteristic, by target.

    Parameters
    ----------
    labels : numpy.ndarray, shape=(loci, targets), dtype=uint8
        Zeros and ones.
    scores : numpy.ndarray, shape=(loci, targets), dtype=float32 or float64
        Higher means more likely positive.

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
    return _by_target(labels, scores, _area_under_roc)[0]


def average_precision(
    labels: npt.NDArray[np.uint8], scores: npt.NDArray[np.floating]
) -> npt.NDArray[np.float64]:
    """Area under the precision–recall curve (AUPR), by target.

    Parameters
    ----------
    labels, scores
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
    return _by_target(labels, scores, _average_of_precision)[0]


def auroc_and_average_precision(
    labels: npt.NDArray[np.uint8], scores: npt.NDArray[np.floating]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Both `auroc` and `average_precision`, for one sort a target."""
    both = _by_target(labels, scores, _area_under_roc, _average_of_precision)
    return both[0], both[1]


def _area_under_roc(ranking: Ranking) -> float:
    # Twice the area is a whole number, so that rounding happens only in the division.
    found = ranking.true_positives
    heights = found + np.concatenate([[0], found[:-1]])
    widths = np.diff(ranking.false_positives, prepend=0)
    return int(widths @ heights) / (2 * ranking.positives * ranking.negatives)


def _average_of_precision(ranking: Ranking) -> float:
    rises = np.diff(ranking.true_positives, prepend=0)
    return float(rises @ ranking.precision) / ranking.positives


def _by_target(
    labels: npt.NDArray[np.uint8],
    scores: npt.NDArray[np.floating],
    *summaries: Callable[[Ranking], float],
) -> npt.NDArray[np.float64]:
    _validate(labels, scores)
    result = np.full((len(summaries), labels.shape[1]), np.nan)
    # A target at a time: the ranking of all at once would need many times the scores' memory.
    for target in range(labels.shape[1]):
        ranking = rank(labels[:, target], scores[:, target])
        if ranking.positives and ranking.negatives:
            result[:, target] = [summary(ranking) for summary in summaries]
    return result


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
