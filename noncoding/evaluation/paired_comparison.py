"""Paired comparison of two classifiers over targets."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.evaluation.bootstrap import Replicates, mean_over_targets
from noncoding.evaluation.confidence_intervals import Difference, difference_interval
from noncoding.evaluation.ranking import by_classifier
from noncoding.evaluation.target_metrics import METRICS


def paired(
    metric: str,
    first: npt.NDArray[np.float64],
    second: npt.NDArray[np.float64],
    replicates: tuple[Replicates, Replicates] | None = None,
) -> dict[str, float]:
    """Compare two classifiers over the targets that both score.

    A test over targets, such as Wilcoxon's signed-rank test, would be invalid: targets share
    their loci, hence their errors, and are not independent.

    Parameters
    ----------
    metric : str
        "auroc" or "auprc".
    first, second : numpy.ndarray, shape=(targets,)
        The metric by target; NaN where there is none.
    replicates : pair of Replicates, optional
        Of both classifiers, from the same resampled loci.

    Returns
    -------
    dict
        ``targets``; ``wins`` and ``ties`` of the first; ``median_difference`` and
        ``mean_difference``; and ``low``, ``high`` and ``p_value`` of the mean difference
        (`difference_interval`), NaN without replicates.
    """
    both = ~np.isnan(first) & ~np.isnan(second)
    difference = first[both] - second[both]
    mean = float(difference.mean()) if both.any() else np.nan
    tested = Difference(np.nan, np.nan, np.nan)
    if replicates is not None and both.any():
        means = [mean_over_targets(getattr(one, metric)[:, both]) for one in replicates]
        degrees = replicates[0].pooled_degrees_of_freedom(both)
        tested = difference_interval(mean, means[0] - means[1], degrees)
    return {
        "targets": int(both.sum()),
        "wins": int((difference > 0).sum()),
        "ties": int((difference == 0).sum()),
        "median_difference": float(np.median(difference)) if both.any() else np.nan,
        "mean_difference": mean,
        **tested._asdict(),
    }


def all_pairs(
    metrics: pd.DataFrame, replicates: Mapping[str, Replicates], compared: npt.NDArray[np.bool_]
) -> pd.DataFrame:
    """Compare every pair of classifiers with at least one trained model, by both metrics.

    Parameters are those of `ranking`; all replicates are from the same resampled loci. Columns
    are first, second, metric, and the keys of `paired`.
    """
    names = metrics["classifier"].unique()
    models = metrics.loc[metrics["kind"] == "model", "classifier"].unique()
    others = [name for name in names if name not in models]
    pairs = [*combinations(models, 2), *((model, other) for model in models for other in others)]
    rows = []
    for metric in METRICS:
        wide = by_classifier(metrics, metric, compared)
        for first, second in pairs:
            resampled = None
            if first in replicates and second in replicates:
                resampled = (replicates[first], replicates[second])
            values = wide[first].to_numpy(), wide[second].to_numpy()
            rows.append(
                {"first": first, "second": second, "metric": metric}
                | paired(metric, *values, resampled)
            )
    return pd.DataFrame(rows)


def versus(pairs: pd.DataFrame, best: str) -> pd.DataFrame:
    """AUPR of one model against each other classifier, from the pairs of `all_pairs`.

    Columns are other, and those of `paired` with ``best`` as the first.
    """
    pairs = pairs[pairs["metric"] == "auprc"]
    ahead = pairs[pairs["first"] == best].rename(columns={"second": "other"}).drop(columns="first")
    turned = pairs[pairs["second"] == best].rename(columns={"first": "other"})
    turned = turned.drop(columns="second").assign(
        wins=turned["targets"] - turned["wins"] - turned["ties"],
        median_difference=-turned["median_difference"],
        mean_difference=-turned["mean_difference"],
        low=-turned["high"],
        high=-turned["low"],
    )
    return pd.concat([turned, ahead], ignore_index=True)
