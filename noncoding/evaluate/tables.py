"""The table of metrics by target, and its averages."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.errors import InputError
from noncoding.metrics import auroc_and_average_precision

_KEPT = ("index", "name", "group", "cell_type", "assay", "treatment")
METRICS = ("auroc", "auprc")


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
        Probabilities, or any score that rises with them.
    threads : int
        That share the targets out.

    Returns
    -------
    pandas.DataFrame
        One row a target, in the table's order: index, name, group; cell_type,
        assay, treatment where the table has them; test_positives and
        test_negatives (loci); prevalence (share of positive loci); auroc;
        auprc (average precision); auprc_over_prevalence (1 for a random
        classifier). The last three are NaN where a target has no positives or
        no negatives.

    Raises
    ------
    InputError
        The table has not one row a column of the labels, or labels and scores
        do not fit (see `noncoding.metrics.auroc`).
    """
    auroc, auprc = auroc_and_average_precision(labels, scores, threads)
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
    return metrics


def scored(metrics: pd.DataFrame) -> pd.DataFrame:
    """The targets that have both positives and negatives, hence metrics."""
    return metrics.dropna(subset=list(METRICS))


def summarise(
    metrics: pd.DataFrame, train_positives: npt.NDArray[np.int64], min_positives: int
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

    Returns
    -------
    dict
        ``min_positives``, and averages under ``all``, ``groups`` (by name) and
        ``with_min_positives``: ``targets`` (number), ``averaged`` (number),
        ``left_out`` (``number``; ``no_positives`` and ``no_negatives``: lists of
        ``index`` and ``name``), and ``auroc`` and ``auprc`` with ``mean``,
        ``median`` and ``prevalence_weighted_mean``. An average over nothing is
        None.
    """
    weighted = metrics.assign(weight=np.asarray(train_positives, dtype=np.float64))
    enough = weighted["test_positives"] >= min_positives
    return {
        "min_positives": min_positives,
        "all": _averages(weighted),
        "groups": {
            str(group): _averages(part) for group, part in weighted.groupby("group", sort=False)
        },
        "with_min_positives": _averages(weighted[enough]),
    }


def _averages(weighted: pd.DataFrame) -> dict[str, Any]:
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
        **{metric: _three_averages(averaged[metric], averaged["weight"]) for metric in METRICS},
    }


def _named(targets: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {"index": int(index), "name": str(name)}
        for index, name in zip(targets["index"], targets["name"], strict=True)
    ]


def _three_averages(values: pd.Series, weights: pd.Series) -> dict[str, float | None]:
    return {
        "mean": float(values.mean()) if len(values) else None,
        "median": float(values.median()) if len(values) else None,
        "prevalence_weighted_mean": (
            float(np.average(values, weights=weights)) if weights.sum() > 0 else None
        ),
    }
