"""Classifiers in order, over the targets that all of them score."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.evaluation.intervals import (
    Replicates,
    around_average,
    freedom_of_average,
    mean_over_targets,
)

LEAST_SCORED = 0.9
"""Share of the targets that a classifier must score to be ranked."""


def ranking(
    metrics: pd.DataFrame, replicates: Mapping[str, Replicates], kept: npt.NDArray[np.bool_]
) -> pd.DataFrame:
    """Mean AUPR and median AUROC of each classifier, the highest mean AUPR first.

    Parameters
    ----------
    metrics : pandas.DataFrame
        One row a target and classifier: index, classifier, kind, auroc, auprc.
    replicates : mapping of str to Replicates
        By classifier; published results have none.
    kept : numpy.ndarray, shape=(targets,), dtype=bool
        Targets to take.

    Returns
    -------
    pandas.DataFrame
        classifier, kind, targets, mean_auprc, median_auroc; and where there are
        replicates mean_auprc_low, mean_auprc_high, median_auroc_low and
        median_auroc_high, 95 % intervals by the block bootstrap over loci. The
        averages are over the targets that every ranked classifier scores; one that
        scores less than `LEAST_SCORED` of them (a scan, where few have a known
        motif) is not ranked.
    """
    wide = {
        metric: metrics.pivot(index="index", columns="classifier", values=metric)
        .reindex(np.arange(len(kept)))
        .astype(float)
        for metric in ("auroc", "auprc")
    }
    scored = wide["auprc"].notna()
    scored.loc[~kept] = False
    names = [
        name
        for name in metrics["classifier"].unique()
        if scored[name].sum() >= LEAST_SCORED * scored.sum().max()
    ]
    common = scored[names].all(axis=1).to_numpy()
    kinds = metrics.drop_duplicates("classifier").set_index("classifier")["kind"]
    rows = []
    for name in names:
        auprc, auroc = wide["auprc"].loc[common, name], wide["auroc"].loc[common, name]
        row = {
            "classifier": name,
            "kind": kinds[name],
            "targets": int(common.sum()),
            "mean_auprc": auprc.mean(),
            "median_auroc": auroc.median(),
        }
        if name in replicates and common.any():
            drawn = replicates[name]
            degrees = freedom_of_average(drawn, common)
            medians = np.nanmedian(drawn.auroc[:, common], axis=1)
            for average, values in (
                ("mean_auprc", mean_over_targets(drawn.auprc[:, common])),
                ("median_auroc", medians),
            ):
                limits = around_average(row[average], values, degrees)
                row[f"{average}_low"], row[f"{average}_high"] = limits or (np.nan, np.nan)
        rows.append(row)
    columns = [f"{a}_{end}" for a in ("mean_auprc", "median_auroc") for end in ("low", "high")]
    table = pd.DataFrame(rows).reindex(
        columns=["classifier", "kind", "targets", "mean_auprc", "median_auroc", *columns]
    )
    return table.sort_values("mean_auprc", ascending=False, kind="stable", ignore_index=True)
