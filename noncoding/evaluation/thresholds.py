"""Recall at fixed false-discovery rates, accuracy and expected calibration error."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from noncoding.evaluation.metrics import Labels, Scores, rank

FALSE_DISCOVERY_RATES = (0.05, 0.1, 0.25, 0.5)
"""False-discovery rates (1 − precision) at which recall is reported."""
CALIBRATION_BINS = 15
"""Bins of equal width, as in Guo et al. 2017."""


def threshold_metrics(labels: Labels, scores: Scores, threads: int = 1) -> pd.DataFrame:
    """Recall at false-discovery rates, calibration error and accuracy of every target.

    Returns
    -------
    pandas.DataFrame
        One row per target: ``recall_at_fdr_0.05`` … (`recall_at`), ``calibration_error``
        (`calibration_error`), and ``accuracy`` at the threshold 0.5. NaN where a target has no
        positives or no negatives.
    """

    def of_target(target: int) -> dict[str, float]:
        label, score = labels[:, target], scores[:, target]
        recalls = recall_at(FALSE_DISCOVERY_RATES, label, score)
        names = [f"recall_at_fdr_{rate}" for rate in FALSE_DISCOVERY_RATES]
        return dict(zip(names, recalls, strict=True)) | {
            "calibration_error": calibration_error(label, score),
            "accuracy": float(((score > 0.5) == (label == 1)).mean()),
        }

    with ThreadPoolExecutor(threads) as pool:
        table = pd.DataFrame(pool.map(of_target, range(labels.shape[1])))
    positives = labels.sum(axis=0)
    table.loc[(positives == 0) | (positives == len(labels))] = np.nan
    return table


def recall_at(rates: tuple[float, ...], labels: Labels, scores: Scores) -> list[float]:
    """Highest recall of any threshold at or below each false-discovery rate.

    0 where no threshold is that precise, NaN without positives.
    """
    ranking = rank(labels, scores)
    if not ranking.positives:
        return [np.nan] * len(rates)
    called = ranking.true_positives + ranking.false_positives
    # Integers on the left, so a threshold at exactly the rate counts.
    return [
        float(
            ranking.true_positives[ranking.false_positives <= rate * called].max(initial=0)
            / ranking.positives
        )
        for rate in rates
    ]


def calibration_error(labels: Labels, scores: Scores) -> float:
    """Expected calibration error of one target (Naeini et al. 2015; bins of Guo et al. 2017).

    Mean over loci of |share of positives − mean probability| in the bin of the locus.
    """
    bins = np.minimum((scores * CALIBRATION_BINS).astype(np.intp), CALIBRATION_BINS - 1)
    positives = np.bincount(bins, labels, CALIBRATION_BINS)
    expected = np.bincount(bins, scores, CALIBRATION_BINS)
    return float(np.abs(positives - expected).sum() / max(len(labels), 1))
