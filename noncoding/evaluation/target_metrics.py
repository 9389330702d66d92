"""The table of metrics by target, and its averages."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.data.target_columns import NAMING
from noncoding.data.targets import distinct_names
from noncoding.evaluation.bootstrap import Replicates, average_interval, blocks, bootstrap
from noncoding.evaluation.confidence_intervals import degrees_of_freedom, logit_interval
from noncoding.evaluation.delong import delong
from noncoding.evaluation.metrics import Labels, Scores, auroc_and_average_precision
from noncoding.evaluation.thresholds import threshold_metrics

DESCRIPTION = ("index", "name", "group", *NAMING)
"""Columns of the target table that result tables repeat."""
METRICS = ("auroc", "auprc")
BOOTSTRAP, DELONG = "block bootstrap", "DeLong"
"""Methods of intervals, as named by `interval_methods`."""


def target_metrics(
    table: pd.DataFrame, labels: Labels, scores: Scores, threads: int = 1
) -> pd.DataFrame:
    """Counts and metrics of every target.

    Parameters
    ----------
    table : pandas.DataFrame
        The target table, one row per target.
    labels, scores : numpy.ndarray, shape=(loci, targets)
        The scores are probabilities.
    threads : int

    Returns
    -------
    pandas.DataFrame
        In the table's order: the columns `DESCRIPTION` that the table has; test_positives and
        test_negatives (loci); prevalence (share of positive loci); auroc; auprc (average
        precision); auprc_over_prevalence (1 for a random classifier); and the columns of
        `threshold_metrics`. Metrics are NaN where a target has no positives or no negatives.
    """
    auroc, auprc = auroc_and_average_precision(labels, scores, threads)
    metrics = table[[column for column in DESCRIPTION if column in table]].reset_index(drop=True)
    positives = labels.sum(axis=0, dtype=np.int64)
    metrics["test_positives"] = positives
    metrics["test_negatives"] = len(labels) - positives
    metrics["prevalence"] = positives / max(len(labels), 1)
    metrics["auroc"] = auroc
    metrics["auprc"] = auprc
    metrics["auprc_over_prevalence"] = metrics["auprc"] / metrics["prevalence"]
    return metrics.join(threshold_metrics(labels, scores, threads))


def with_intervals(
    metrics: pd.DataFrame,
    labels: Labels,
    scores: Scores,
    loci: pd.DataFrame | None,
    *,
    replicates: int,
    seed: int,
    threads: int = 1,
) -> tuple[pd.DataFrame, Replicates]:
    """Add 95 % intervals to the table of `target_metrics`, by the methods of `interval_methods`.

    Parameters are those of `target_metrics`, `blocks` and `bootstrap`. The columns auroc_low and
    auroc_high follow auroc; auprc_low and auprc_high follow auprc.
    """
    block = blocks(loci, len(labels))
    resampled = bootstrap(labels, scores, block, replicates=replicates, seed=seed, threads=threads)
    degrees = degrees_of_freedom(resampled.positives, resampled.loci)
    result = metrics.copy()
    for metric, method in interval_methods(resampled).items():
        if method == DELONG:
            low, high = delong(labels, scores, threads)
        else:
            values = getattr(resampled, metric)
            low, high = logit_interval(metrics[metric].to_numpy(), values, degrees)
        column = result.columns.get_loc(metric)
        result.insert(column + 1, f"{metric}_low", low)
        result.insert(column + 2, f"{metric}_high", high)
    return result, resampled


def interval_methods(replicates: Replicates) -> dict[str, str]:
    """Method of the interval of each metric in `with_intervals`.

    DeLong's variance assumes independent loci, so it is used only where no windows overlap:
    where each block has one locus.
    """
    return {"auroc": BOOTSTRAP if replicates.overlapping else DELONG, "auprc": BOOTSTRAP}


def scored(metrics: pd.DataFrame) -> pd.DataFrame:
    """The targets that have both positives and negatives, hence metrics."""
    return metrics.dropna(subset=list(METRICS))


def summarise(
    metrics: pd.DataFrame,
    train_positives: npt.NDArray[np.int64],
    min_positives: int,
    replicates: Replicates | None = None,
) -> dict[str, Any]:
    """Averages over targets, as JSON.

    Parameters
    ----------
    metrics : pandas.DataFrame
        Made by `target_metrics`.
    train_positives : numpy.ndarray, shape=(targets,), dtype=int64
        Positive loci of the training split: weights of the prevalence-weighted mean.
    min_positives : int
        Minimum number of positive test loci in the subset ``with_min_positives``.
    replicates : Replicates, optional

    Returns
    -------
    dict
        ``min_positives``, and averages under ``all``, ``groups`` (by name) and
        ``with_min_positives``: ``targets`` (number), ``averaged`` (number), ``left_out``
        (``number``; ``no_positives`` and ``no_negatives``: ``index`` and distinct ``name``),
        ``auroc`` and ``auprc`` with ``mean``, ``median`` and ``prevalence_weighted_mean``, and
        the means of ``accuracy``, ``calibration_error`` and ``accuracy_if_never_positive``
        (of a classifier that predicts no positive). An average over no target is None. With
        replicates also ``mean_interval``, the 95 % interval of the mean.
    """
    weighted = metrics.assign(
        name=distinct_names(metrics),
        weight=np.asarray(train_positives, dtype=np.float64),
        column=np.arange(len(metrics)),
    )
    enough = weighted["test_positives"] >= min_positives
    return {
        "min_positives": min_positives,
        "all": _averages(weighted, replicates),
        "groups": {
            str(group): _averages(members, replicates)
            for group, members in weighted.groupby("group", sort=False)
        },
        "with_min_positives": _averages(weighted[enough], replicates),
    }


def _averages(weighted: pd.DataFrame, replicates: Replicates | None) -> dict[str, Any]:
    averaged = scored(weighted)
    no_positives = weighted["test_positives"] == 0
    no_negatives = (weighted["test_negatives"] == 0) & ~no_positives
    result: dict[str, Any] = {
        "targets": len(weighted),
        "averaged": len(averaged),
        "left_out": {
            "number": len(weighted) - len(averaged),
            "no_positives": weighted.loc[no_positives, ["index", "name"]].to_dict("records"),
            "no_negatives": weighted.loc[no_negatives, ["index", "name"]].to_dict("records"),
        },
    }
    weights = averaged["weight"]
    for metric in METRICS:
        values = averaged[metric]
        result[metric] = {
            "mean": _mean(values),
            "median": float(values.median()) if len(values) else None,
            "prevalence_weighted_mean": (
                float(np.average(values, weights=weights)) if weights.sum() > 0 else None
            ),
        }
        if replicates is not None:
            result[metric]["mean_interval"] = (
                average_interval(values.mean(), replicates, metric, averaged["column"])
                if len(values)
                else None
            )
    return result | {
        "accuracy": _mean(averaged["accuracy"]),
        "accuracy_if_never_positive": _mean(1 - averaged["prevalence"]),
        "calibration_error": _mean(averaged["calibration_error"]),
    }


def _mean(values: pd.Series) -> float | None:
    return float(values.mean()) if len(values) else None
