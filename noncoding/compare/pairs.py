"""Two classifiers on the same targets: wins, differences, and how sure they are."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import wilcoxon

from noncoding.evaluate.intervals import (
    Replicates,
    around_difference,
    mean_over_targets,
)
from noncoding.evaluate.tables import METRICS


def paired(
    first: npt.NDArray[np.float64],
    second: npt.NDArray[np.float64],
    replicates: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None,
) -> dict[str, Any]:
    """The first classifier against the second, over the targets that both have.

    Parameters
    ----------
    first, second : numpy.ndarray, shape=(targets,)
        A metric by target; NaN where there is none.
    replicates : pair of numpy.ndarray, shape=(replicates, targets), optional
        The same metric of the same resampled loci.

    Returns
    -------
    dict
        ``targets``; ``wins`` and ``ties`` of the first; ``median_difference``
        and ``mean_difference``; ``low`` and ``high``, 95 % interval of the mean
        difference by the bootstrap over loci, where there are replicates;
        ``wilcoxon_p``, two-sided, of the signed ranks over targets (Wilcoxon
        1945), NaN where all differences are 0.
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
        "wilcoxon_p": float(wilcoxon(difference).pvalue) if difference.any() else np.nan,
    }
    if replicates is not None and both.any():
        drawn = [mean_over_targets(values[:, both]) for values in replicates]
        limits = around_difference(result["mean_difference"], drawn[0] - drawn[1])
        result["low"], result["high"] = limits or (np.nan, np.nan)
    return result


def all_pairs(
    metrics: pd.DataFrame, replicates: Mapping[str, Replicates], kept: npt.NDArray[np.bool_]
) -> pd.DataFrame:
    """Every pair of classifiers, at least one of them ours, by both metrics.

    Parameters
    ----------
    metrics : pandas.DataFrame
        One row a target and classifier: index, classifier, auroc, auprc.
    replicates : mapping of str to Replicates
        Of our models, in the order in which they are to stand.
    kept : numpy.ndarray, shape=(targets,), dtype=bool
        Targets to compare.

    Returns
    -------
    pandas.DataFrame
        first, second, metric, and what `paired` gives.
    """
    others = [name for name in metrics["classifier"].unique() if name not in replicates]
    pairs = [
        *combinations(replicates, 2),
        *((own, other) for own in replicates for other in others),
    ]
    rows = []
    for metric in METRICS:
        wide = metrics.pivot(index="index", columns="classifier", values=metric)
        wide = wide.reindex(np.arange(len(kept)))
        wide.loc[~kept] = np.nan
        for first, second in pairs:
            drawn = None
            if second in replicates:
                drawn = (getattr(replicates[first], metric), getattr(replicates[second], metric))
            own, other = (wide[name].to_numpy(dtype=np.float64) for name in (first, second))
            rows.append(
                {"first": first, "second": second, "metric": metric} | paired(own, other, drawn)
            )
    return pd.DataFrame(rows)
