"""Means over trainings with different seeds."""

import numpy as np
import pandas as pd

from noncoding.evaluation.confidence_intervals import t_quantile

COMPARED = {"auprc": "mean", "auroc": "median"}
"""Metric → average over targets that is compared between trainings."""


def means_over_seeds(runs: pd.DataFrame) -> pd.DataFrame:
    """Mean, standard deviation and 95 % interval of each metric, by dataset and model.

    From one row per training (dataset, model, seed, and the metrics `COMPARED`) to one per
    dataset and model: dataset, model, seeds (number), and of each metric its mean, ``_sd``
    (n − 1), and Student's interval of the mean, ``_low`` and ``_high``; NaN for a single seed.
    """
    rows = []
    for (dataset, model), group in runs.groupby(["dataset", "model"], sort=False):
        row = {"dataset": dataset, "model": model, "seeds": len(group)}
        for metric in COMPARED:
            values = group[metric].to_numpy(dtype=float)
            mean, sd = values.mean(), values.std(ddof=1) if len(values) > 1 else np.nan
            half = t_quantile(max(len(values) - 1, 1)) * sd / np.sqrt(len(values))
            row |= {metric: mean, f"{metric}_sd": sd}
            row |= {f"{metric}_low": mean - half, f"{metric}_high": mean + half}
        rows.append(row)
    return pd.DataFrame(rows)
