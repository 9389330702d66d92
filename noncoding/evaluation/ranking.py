"""Ranking of classifiers over the targets that all of them score."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.evaluation.bootstrap import Replicates, average_interval, mean_over_targets

LEAST_SCORED = 0.9
"""Share of the targets that a classifier must score to be ranked with all others."""
MOST_TARGETS = 0.5
"""Above this share of the targets, a classifier is ranked on the targets that it scores."""
_AVERAGES: dict[str, tuple[str, Callable[..., Any], Callable[..., Any]]] = {
    "mean_auprc": ("auprc", pd.Series.mean, mean_over_targets),
    "median_auroc": ("auroc", pd.Series.median, partial(np.nanmedian, axis=1)),
}
"""Column → metric, its average over targets, and that of each replicate."""


def ranking(
    metrics: pd.DataFrame, replicates: Mapping[str, Replicates], compared: npt.NDArray[np.bool_]
) -> pd.DataFrame:
    """Mean AUPR and median AUROC of each classifier, the highest mean AUPR first.

    Parameters
    ----------
    metrics : pandas.DataFrame
        One row per target and classifier: index, classifier, kind ("model" for those trained
        here, "published" or "baseline"), auroc, auprc.
    replicates : mapping of str to Replicates
        By classifier; published results have none.
    compared : numpy.ndarray, shape=(targets,), dtype=bool
        Targets that are compared.

    Returns
    -------
    pandas.DataFrame
        subset, classifier, kind, targets, mean_auprc, median_auroc; and, where there are
        replicates, mean_auprc_low, mean_auprc_high, median_auroc_low and median_auroc_high, 95 %
        intervals by the block bootstrap. Averages are over the targets that every classifier of
        the subset scores. The first rows, whose subset is empty, rank the classifiers that score
        at least `LEAST_SCORED` of the targets. Classifiers that score fewer, but more than
        `MOST_TARGETS` (a motif scan where most targets have a known motif), follow in a second
        ranking of all classifiers, whose subset is their names.
    """
    wide = {metric: by_classifier(metrics, metric, compared) for metric in ("auroc", "auprc")}
    scored = wide["auprc"].notna()
    share = scored.sum() / scored.sum().max()
    subsets = {"": share >= LEAST_SCORED}
    partly = (share > MOST_TARGETS) & ~subsets[""]
    if partly.any():
        subsets[" and ".join(scored.columns[partly])] = share > MOST_TARGETS
    kinds = metrics.drop_duplicates("classifier").set_index("classifier")["kind"]
    tables = []
    for subset, ranked in subsets.items():
        names = scored.columns[ranked]
        common = scored[names].all(axis=1).to_numpy()
        rows = []
        for name in names:
            row = {"subset": subset, "classifier": name, "kind": kinds[name]}
            row |= {"targets": int(common.sum())}
            limits: dict[str, float] = {}
            for column, (metric, average, average_of_replicates) in _AVERAGES.items():
                row[column] = average(wide[metric].loc[common, name])
                interval = None
                if name in replicates and common.any():
                    interval = average_interval(
                        row[column], replicates[name], metric, common, average_of_replicates
                    )
                limits[f"{column}_low"], limits[f"{column}_high"] = interval or (np.nan, np.nan)
            rows.append(row | limits)
        tables.append(pd.DataFrame(rows).sort_values("mean_auprc", ascending=False, kind="stable"))
    return pd.concat(tables, ignore_index=True)


def by_classifier(
    metrics: pd.DataFrame, metric: str, compared: npt.NDArray[np.bool_]
) -> pd.DataFrame:
    """A metric by target (rows) and classifier (columns); NaN where it is not compared.

    Parameters are those of `ranking`; classifiers keep their order.
    """
    wide = metrics.pivot(index="index", columns="classifier", values=metric).astype(np.float64)
    wide = wide.reindex(index=range(len(compared)), columns=metrics["classifier"].unique())
    wide[~compared] = np.nan
    return wide
