"""Calibration of probabilities, and co-occurrence of targets."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from noncoding.evaluation.metrics import Labels, Scores

_LOGIT_EDGES = np.linspace(-9, 9, 37)
"""Edges of probability bins on the logit scale: rare targets have small probabilities."""
MIN_PREDICTIONS = 20
"""Predictions that a bin must hold to be plotted."""
MIN_EXPECTED = 5
"""Expected positives that a bin must hold to be plotted: with fewer, none may be observed,
which a logarithmic axis cannot show."""
_LOCI = 8192
"""Loci that are multiplied at a time."""


class Calibration(NamedTuple):
    """Predictions of several targets, binned by predicted probability.

    Attributes
    ----------
    predictions : numpy.ndarray, shape=(bins,), dtype=int64
        Number of predictions.
    predicted, observed : numpy.ndarray, shape=(bins,), dtype=float64
        Mean probability, and share of positives; NaN in an empty bin.
    """

    predictions: npt.NDArray[np.int64]
    predicted: npt.NDArray[np.float64]
    observed: npt.NDArray[np.float64]

    @property
    def plotted(self) -> npt.NDArray[np.bool_]:
        """Bins that hold enough for logarithmic axes, shape=(bins,)."""
        expected = np.nan_to_num(self.predictions * self.predicted)
        enough = (self.predictions >= MIN_PREDICTIONS) & (expected >= MIN_EXPECTED)
        return enough & (np.nan_to_num(self.observed) > 0)


def calibration(labels: Labels, scores: Scores, targets: npt.ArrayLike) -> Calibration:
    """Predicted and observed share of positives, over all loci of targets (indices)."""
    edges = expit(_LOGIT_EDGES[1:-1])
    bins = len(edges) + 1
    count, positives, expected = np.zeros(bins, np.int64), np.zeros(bins), np.zeros(bins)
    for target in np.asarray(targets):
        place = np.searchsorted(edges, scores[:, target], "right")
        count += np.bincount(place, minlength=bins)
        positives += np.bincount(place, labels[:, target], bins)
        expected += np.bincount(place, scores[:, target], bins)
    with np.errstate(invalid="ignore"):
        return Calibration(count, expected / count, positives / count)


class Cooccurrence(NamedTuple):
    """Correlation of pairs of targets.

    Attributes
    ----------
    observed : numpy.ndarray, shape=(pairs,), dtype=float64
        Of their labels (phi coefficient).
    predicted : numpy.ndarray, shape=(pairs,), dtype=float64
        The same if the labels of a locus were independent given the predicted probabilities.
    """

    observed: npt.NDArray[np.float64]
    predicted: npt.NDArray[np.float64]


def cooccurrence(labels: Labels, scores: Scores, targets: npt.ArrayLike) -> Cooccurrence:
    """Correlation of every pair of targets (indices), which have positives and negatives."""
    return Cooccurrence(
        *(_correlations(values, np.asarray(targets)) for values in (labels, scores))
    )


def _correlations(
    values: npt.NDArray[np.generic], targets: npt.NDArray[np.intp]
) -> npt.NDArray[np.float64]:
    """Correlation of each pair if every value is the probability of an independent label."""
    products = np.zeros((len(targets), len(targets)))
    for start in range(0, len(values), _LOCI):
        block = values[start : start + _LOCI, targets].astype(np.float32)
        products += block.T @ block
    mean = values[:, targets].mean(axis=0, dtype=np.float64)
    deviation = np.sqrt(mean * (1 - mean))
    covariance = products / len(values) - np.outer(mean, mean)
    return (covariance / np.outer(deviation, deviation))[np.triu_indices(len(targets), 1)]
