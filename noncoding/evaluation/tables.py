"""The table of metrics by target, and its averages."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.common.errors import InputError
from noncoding.evaluation.intervals import (
    Replicates,
    around,
    around_average,
    blocks,
    bootstrap,
    delong,
    freedom,
    freedom_of_average,
    mean_over_targets,
)
from noncoding.evaluation.metrics import auroc_and_average_precision
from noncoding.evaluation.thresholds import threshold_metrics

_KEPT = ("index", "name", "group", "cell_type", "assay", "treatment")
METRICS = ("auroc", "auprc")
BOOTSTRAP, DELONG = "block bootstrap", "DeLong"
"""Methods of intervals, as `interval_methods` names them."""


def target_metrics(
    table: pd.DataFrame,
    labels: npt.NDArray[np.uint8],
    scores: npt.NDArray[np.floating],
    threads: int = 1,
) -> pd.DataFrame:
    """Counts and metrics of every target.

    Parameters
    ----------
    table : pandas.DataFrame
        The target table, one row a target.
    labels : numpy.ndarray, shape=(loci, targets), dtype=uint8
        Zeros and ones.
    scores : numpy.ndarray, shape=(loci, targets), dtype=float32 or float64
        Probabilities.
    threads : int
        That share the targets out.

    Returns
    -------
    pandas.DataFrame
        One row a target, in the table's order: index, name, group; cell_type,
        assay, treatment where the table has them; test_positives and
        test_negatives (loci); prevalence (share of positive loci); auroc;
        auprc (average precision); auprc_over_prevalence (1 for a random
        classifier); and the columns of
        `noncoding.evaluation.thresholds.threshold_metrics`. Metrics are NaN where
        a target has no positives or no negatives.

    Raises
    ------
    InputError
        The table has not one row a column of the labels, labels and scores do
        not fit (see `noncoding.evaluation.metrics.auroc`), or a score is no probability.
    """
    auroc, auprc = auroc_and_average_precision(labels, scores, threads)
    if scores.size and not 0 <= scores.min() <= scores.max() <= 1:
        raise InputError(
            "scores",
            f"values from {scores.min():.6g} to {scores.max():.6g}",
            "probabilities, between 0 and 1",
            "Turn logits into probabilities first (a sigmoid).",
        )
    if len(table) != len(auroc):
        raise InputError(
            "target table",
            f"{len(table)} targets",
            f"{len(auroc)}, one for each column of the labels",
            "Use the table that the labels were made with.",
        )
    metrics = table[[column for column in _KEPT if column in table]].reset_index(drop=True)
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
    labels: npt.NDArray[np.uint8],
    scores: npt.NDArray[np.floating],
    loci: pd.DataFrame | None,
    *,
    replicates: int,
    seed: int,
    threads: int = 1,
) -> tuple[pd.DataFrame, Replicates]:
    """The same table with 95 % intervals beside the metrics.

    Parameters
    ----------
    metrics : pandas.DataFrame
        Made by `target_metrics` from the same labels and scores.
    labels, scores, threads
        As there.
    loci : pandas.DataFrame or None
        Coordinates of the windows, as for `noncoding.evaluation.intervals.blocks`.
    replicates, seed : int
        Of the block bootstrap (`noncoding.evaluation.intervals.bootstrap`).

    Returns
    -------
    metrics : pandas.DataFrame
        With auroc_low and auroc_high after auroc, and auprc_low and auprc_high
        after auprc, made by the methods that `interval_methods` names; NaN where
        there is none.
    replicates : Replicates
        Metrics of the resampled loci.
    """
    block = blocks(loci, len(labels))
    drawn = bootstrap(labels, scores, block, replicates=replicates, seed=seed, threads=threads)
    degrees = freedom(drawn.positives, drawn.loci)
    wider = metrics.copy()
    for metric, method in interval_methods(drawn).items():
        if method == DELONG:
            low, high = delong(labels, scores, threads)
        else:
            low, high = around(metrics[metric].to_numpy(), getattr(drawn, metric), degrees)
        place = wider.columns.get_loc(metric)
        wider.insert(place + 1, f"{metric}_low", low)
        wider.insert(place + 2, f"{metric}_high", high)
    return wider, drawn


def interval_methods(replicates: Replicates) -> dict[str, str]:
    """By which method `with_intervals` makes the interval of each metric.

    DeLong's variance supposes independent loci, so it is used only where no windows
    overlap: where every locus is a block of its own.
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
    """Averages over targets, of three kinds, as JSON.

    Parameters
    ----------
    metrics : pandas.DataFrame
        Made by `target_metrics`.
    train_positives : numpy.ndarray, shape=(targets,), dtype=int64
        Positive loci of the training split: the weights of the
        prevalence-weighted mean.
    min_positives : int
        Least number of positive test loci in the subset
        ``with_min_positives``.
    replicates : Replicates, optional
        Columns in the order of ``metrics``.

    Returns
    -------
    dict
        ``min_positives``, and averages under ``all``, ``groups`` (by name) and
        ``with_min_positives``: ``targets`` (number), ``averaged`` (number),
        ``left_out`` (``number``; ``no_positives`` and ``no_negatives``: lists of
        ``index`` and ``name``), ``auroc`` and ``auprc`` with ``mean``,
        ``median`` and ``prevalence_weighted_mean``, and of ``accuracy``,
        ``calibration_error`` and ``accuracy_if_never_positive`` (that of a
        classifier which says no to everything) the means. An average over
        nothing is None. With replicates also ``mean_interval``, the lower and the upper
        limit of the mean (95 %; `noncoding.evaluation.intervals.around_average`).
    """
    weighted = metrics.assign(
        weight=np.asarray(train_positives, dtype=np.float64), place=np.arange(len(metrics))
    )
    enough = weighted["test_positives"] >= min_positives
    return {
        "min_positives": min_positives,
        "all": _averages(weighted, replicates),
        "groups": {
            str(group): _averages(part, replicates)
            for group, part in weighted.groupby("group", sort=False)
        },
        "with_min_positives": _averages(weighted[enough], replicates),
    }


def _averages(weighted: pd.DataFrame, replicates: Replicates | None) -> dict[str, Any]:
    averaged = scored(weighted)
    no_positives = weighted[weighted["test_positives"] == 0]
    no_negatives = weighted[(weighted["test_negatives"] == 0) & (weighted["test_positives"] > 0)]
    return {
        "targets": len(weighted),
        "averaged": len(averaged),
        "left_out": {
            "number": len(weighted) - len(averaged),
            "no_positives": _named(no_positives),
            "no_negatives": _named(no_negatives),
        },
        **{
            metric: _three_averages(averaged[metric], averaged["weight"])
            | _mean_interval(metric, averaged, replicates)
            for metric in METRICS
        },
        "accuracy": _mean(averaged["accuracy"]),
        "accuracy_if_never_positive": _mean(1 - averaged["prevalence"]),
        "calibration_error": _mean(averaged["calibration_error"]),
    }


def _mean_interval(
    metric: str, averaged: pd.DataFrame, replicates: Replicates | None
) -> dict[str, list[float] | None]:
    if replicates is None:
        return {}
    mean = _mean(averaged[metric])
    if mean is None:
        return {"mean_interval": None}
    places = averaged["place"].to_numpy()
    # Targets share each replicate's loci, so their correlation is kept.
    drawn = mean_over_targets(getattr(replicates, metric)[:, places])
    degrees = freedom_of_average(replicates, places)
    return {"mean_interval": around_average(mean, drawn, degrees)}


def _named(targets: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {"index": int(index), "name": str(name)}
        for index, name in zip(targets["index"], targets["name"], strict=True)
    ]


def _mean(values: pd.Series) -> float | None:
    return float(values.mean()) if len(values) else None


def _three_averages(values: pd.Series, weights: pd.Series) -> dict[str, float | None]:
    return {
        "mean": _mean(values),
        "median": float(values.median()) if len(values) else None,
        "prevalence_weighted_mean": (
            float(np.average(values, weights=weights)) if weights.sum() > 0 else None
        ),
    }
