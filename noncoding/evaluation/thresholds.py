"""Metrics that depend on where a line is drawn, or on the probabilities themselves."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.evaluation.metrics import rank

FALSE_DISCOVERY_RATES = (0.05, 0.1, 0.25, 0.5)
"""Shares of false ones among the loci called positive, at which recall is given."""
CALIBRATION_BINS = 15
"""Equal widths, as Guo et al. 2017 take."""


def threshold_metrics(
    labels: npt.NDArray[np.uint8], scores: npt.NDArray[np.floating], threads: int = 1
) -> pd.DataFrame:
    """Recall at false-discovery rates, calibration error and accuracy of every target.

    Parameters
    ----------
    labels : numpy.ndarray, shape=(loci, targets), dtype=uint8
    scores : numpy.ndarray, shape=(loci, targets), dtype=float32 or float64
        Probabilities.
    threads : int
        That share the targets out.

    Returns
    -------
    pandas.DataFrame
        One row a target: ``recall_at_fdr_0.05`` …, made by `recall_at`;
        ``calibration_error``, made by `calibration_error`; ``accuracy``, the
        share of loci whose label is that of probability > 0.5. NaN where a
        target has no positives or no negatives.
    """

    def of_target(target: int) -> dict[str, float]:
        own, probability = labels[:, target], scores[:, target]
        recalls = recall_at(FALSE_DISCOVERY_RATES, own, probability)
        return {
            **{
                f"recall_at_fdr_{rate}": recall
                for rate, recall in zip(FALSE_DISCOVERY_RATES, recalls, strict=True)
            },
            "calibration_error": calibration_error(own, probability),
            "accuracy": float(((probability > 0.5) == (own == 1)).mean()),
        }

    with ThreadPoolExecutor(threads) as pool:
        rows = list(pool.map(of_target, range(labels.shape[1])))
    table = pd.DataFrame(rows)
    positives = labels.sum(axis=0)
    table.loc[(positives == 0) | (positives == len(labels))] = np.nan
    return table


def recall_at(
    rates: tuple[float, ...], labels: npt.NDArray[np.uint8], scores: npt.NDArray[np.floating]
) -> list[float]:
    """The highest recall of any threshold whose false-discovery rate is no higher.

    Parameters
    ----------
    rates : tuple of float
        False-discovery rates: 1 − precision.
    labels, scores : numpy.ndarray, shape=(loci,)

    Returns
    -------
    list of float
        One a rate; 0 where no threshold is that precise, NaN without positives.
    """
    ranking = rank(labels, scores)
    if not ranking.positives:
        return [np.nan] * len(rates)
    found = ranking.true_positives + ranking.false_positives
    # Whole numbers on the left, so that exactly the rate is not above it.
    return [
        float(
            ranking.true_positives[ranking.false_positives <= rate * found].max(initial=0)
            / ranking.positives
        )
        for rate in rates
    ]


def calibration_error(labels: npt.NDArray[np.uint8], scores: npt.NDArray[np.floating]) -> float:
    """Expected calibration error (Naeini et al. 2015; bins as Guo et al. 2017).

    Parameters
    ----------
    labels, scores : numpy.ndarray, shape=(loci,)
        The scores are probabilities.

    Returns
    -------
    float
        Mean over loci of |share of positives − mean probability| of the bin that
        the locus falls into.
    """
    place = np.minimum((scores * CALIBRATION_BINS).astype(np.intp), CALIBRATION_BINS - 1)
    positives = np.bincount(place, labels, CALIBRATION_BINS)
    expected = np.bincount(place, scores, CALIBRATION_BINS)
    return float(np.abs(positives - expected).sum() / max(len(labels), 1))
