"""Two classifiers on the same targets: wins, differences, intervals and p-values."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.evaluation.intervals import (
    Replicates,
    compare_replicates,
    freedom_of_average,
    mean_over_targets,
)
from noncoding.evaluation.tables import METRICS


def paired(
    metric: str,
    first: npt.NDArray[np.float64],
    second: npt.NDArray[np.float64],
    replicates: tuple[Replicates, Replicates] | None = None,
) -> dict[str, Any]:
    """The first classifier against the second, over the targets that both score.

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
        ``mean_difference``; and ``low``, ``high`` (95 % interval of the mean
        difference) and ``p_value`` (two-sided, of no mean difference) from the paired
        replicates (`noncoding.evaluation.intervals.compare_replicates`), NaN without them.

    Notes
    -----
    A test over targets, such as Wilcoxon's signed ranks, would not do: targets share
    their loci, hence their errors, and are no independent sample.
    """
    both = ~np.isnan(first) & ~np.isnan(second)
    difference = first[both] - second[both]
    result = {
        "targets": int(both.sum()),
        "wins": int((difference > 0).sum()),
        "ties": int((difference == 0).sum()),
        "median_difference": float(np.median(difference)) if both.any() else np.nan,
        "mean_difference": float(difference.mean()) if both.any() else np.nan,
        "low": np.nan,
        "high": np.nan,
        "p_value": np.nan,
    }
    if replicates is not None and both.any():
        drawn = [mean_over_targets(getattr(one, metric)[:, both]) for one in replicates]
        degrees = freedom_of_average(replicates[0], both)
        tested = compare_replicates(result["mean_difference"], drawn[0] - drawn[1], degrees)
        result |= tested._asdict()
    return result


def all_pairs(
    metrics: pd.DataFrame, replicates: Mapping[str, Replicates], kept: npt.NDArray[np.bool_]
) -> pd.DataFrame:
    """Every pair of classifiers, at least one of them ours, by both metrics.

    Parameters
    ----------
    metrics : pandas.DataFrame
        One row a target and classifier: index, classifier, kind ("model" for ours),
        auroc, auprc.
    replicates : mapping of str to Replicates
        By classifier, all from the same resampled loci; published results have none.
    kept : numpy.ndarray, shape=(targets,), dtype=bool
        Targets to compare.

    Returns
    -------
    pandas.DataFrame
        first, second, metric, and what `paired` gives.
    """
    ours = list(metrics.loc[metrics["kind"] == "model", "classifier"].unique())
    others = [name for name in metrics["classifier"].unique() if name not in ours]
    pairs = [*combinations(ours, 2), *((own, other) for own in ours for other in others)]
    rows = []
    for metric in METRICS:
        wide = metrics.pivot(index="index", columns="classifier", values=metric)
        wide = wide.reindex(np.arange(len(kept)))
        wide.loc[~kept] = np.nan
        for first, second in pairs:
            drawn = None
            if first in replicates and second in replicates:
                drawn = (replicates[first], replicates[second])
            own, other = (wide[name].to_numpy(dtype=np.float64) for name in (first, second))
            rows.append(
                {"first": first, "second": second, "metric": metric}
                | paired(metric, own, other, drawn)
            )
    return pd.DataFrame(rows)


def versus(pairs: pd.DataFrame, best: str, metric: str = "auprc") -> pd.DataFrame:
    """Pairs of one model, turned so that it is the first.

    Parameters
    ----------
    pairs : pandas.DataFrame
        Made by `noncoding.evaluation.pairs.all_pairs`.
    best : str
    metric : str

    Returns
    -------
    pandas.DataFrame
        other, and the columns of `pairs` as ``best`` against it.
    """
    own = pairs[pairs["metric"] == metric]
    ahead = own[own["first"] == best].rename(columns={"second": "other"}).drop(columns="first")
    turned = own[own["second"] == best].rename(columns={"first": "other"}).drop(columns="second")
    turned = turned.assign(
        wins=turned["targets"] - turned["wins"] - turned["ties"],
        median_difference=-turned["median_difference"],
        mean_difference=-turned["mean_difference"],
        low=-turned["high"],
        high=-turned["low"],
    )
    return pd.concat([turned, ahead], ignore_index=True)
