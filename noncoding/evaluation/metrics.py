"""Exact AUROC and average precision of every target."""

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from noncoding.common.errors import InputError

Labels = npt.NDArray[np.uint8]
"""Zeros and ones, shape=(loci, targets), or (loci,) for one target."""
Scores = npt.NDArray[np.floating]
"""Scores of the same shape, float32 or float64; higher means more likely positive."""
_BLOCK = 16
"""Targets that are transposed at a time: 16 float32 values fill a cache line."""


class Ranking(NamedTuple):
    """True and false positives at each distinct score, the highest first.

    Attributes
    ----------
    true_positives, false_positives : numpy.ndarray, shape=(thresholds,), dtype=int64
        Loci with at least that score. Tied loci share a threshold, so the order of the loci
        has no effect.
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
        """Share of true positives among the loci called positive, shape=(thresholds,)."""
        return self.true_positives / (self.true_positives + self.false_positives)


def rank(labels: Labels, scores: Scores) -> Ranking:
    """Rank the loci of one target."""
    order = np.argsort(scores)[::-1]
    found = np.cumsum(labels[order], dtype=np.int64)
    falling = scores[order]
    last_of_tie = np.flatnonzero(np.append(falling[1:] != falling[:-1], True)[: len(falling)])
    true_positives = found[last_of_tie]
    return Ranking(true_positives, last_of_tie + 1 - true_positives)


def auroc_and_average_precision(
    labels: Labels, scores: Scores, threads: int = 1
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Area under the ROC curve and average precision (AUPR), by target.

    Returns
    -------
    auroc : numpy.ndarray, shape=(targets,), dtype=float64
        Probability that a positive scores higher than a negative, ties counted as one half
        (Hanley & McNeil 1982, Radiology 143:29); NaN without positives or negatives.
    average_precision : numpy.ndarray, shape=(targets,), dtype=float64
        Sum over thresholds of the increase in recall times the precision. There is no
        interpolation, which would be too optimistic (Davis & Goadrich 2006, ICML). NaN as above.

    Raises
    ------
    InputError
        A score is not finite.

    Examples
    --------
    >>> labels = np.array([[1], [0], [1]], np.uint8)
    >>> auroc_and_average_precision(labels, np.array([[0.9], [0.5], [0.5]]))
    (array([0.75]), array([0.83333333]))
    """
    # Extremes need no temporary array, and are NaN if any value is.
    if scores.size and not (np.isfinite(scores.min()) and np.isfinite(scores.max())):
        raise InputError(
            "scores",
            "values that are not finite",
            "finite scores",
            "Run the stage 'predict' again; if the error persists, check the training loss.",
        )
    result = np.full((2, labels.shape[1]), np.nan)

    def fill(first: int) -> None:
        # A few targets at a time: whole cache lines are read, and little is copied.
        block = slice(first, first + _BLOCK)
        positive = np.ascontiguousarray(labels[:, block].T).astype(bool, copy=False)
        of_block = np.ascontiguousarray(scores[:, block].T)
        for target, (own, of_target) in enumerate(zip(positive, of_block, strict=True), first):
            result[:, target] = _areas(own, of_target)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(fill, range(0, labels.shape[1], _BLOCK)))
    return result[0], result[1]


def mean_metrics(labels: Labels, scores: Scores) -> tuple[float, float]:
    """Means over targets of AUROC and AUPR, as validation reports them.

    Targets without positives or negatives, which have neither, are left out.

    Raises
    ------
    InputError
        A score is not finite.
    """
    auroc, auprc = auroc_and_average_precision(labels, scores)
    return float(np.nanmean(auroc)), float(np.nanmean(auprc))


def _areas(positive: npt.NDArray[np.bool_], scores: Scores) -> tuple[float, float]:
    """AUROC and average precision of a target, from the ranks of its positives.

    Sorting scores twice is much faster than sorting them once together with their labels.
    """
    found = np.sort(scores[positive])
    positives, negatives = len(found), len(scores) - len(found)
    if not positives or not negatives:
        return np.nan, np.nan
    ranked = np.sort(scores)
    # For each positive: loci and positives with a lower score, and with no higher score.
    lower = np.searchsorted(ranked, found, "left")
    lower_positives = np.searchsorted(found, found, "left")
    no_higher = np.searchsorted(ranked, found, "right")
    no_higher_positives = np.searchsorted(found, found, "right")
    # Integers (each pair counts twice), so only the division rounds.
    beaten = int((lower + no_higher - lower_positives - no_higher_positives).sum())
    precision = (positives - lower_positives) / (len(scores) - lower)
    return beaten / (2 * positives * negatives), float(precision.mean())
