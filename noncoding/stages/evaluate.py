"""The driver of an evaluation: from predictions to tables and figures."""

import json
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.common.errors import InputError
from noncoding.common.files import atomic_write
from noncoding.common.provenance import versions
from noncoding.data.counts import count_positives
from noncoding.data.store import Store
from noncoding.data.targets import ADD_NEGATIVES, check_same_targets
from noncoding.evaluation.calibration import cooccurrence, draw_calibration, draw_cooccurrence
from noncoding.evaluation.curves import draw_curves, named_targets, representative_targets
from noncoding.evaluation.figures import draw_groups, draw_prevalence
from noncoding.evaluation.intervals import write_replicates
from noncoding.evaluation.tables import (
    interval_methods,
    scored,
    summarise,
    target_metrics,
    with_intervals,
)
from noncoding.prediction.predictions import read_predictions

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EvaluationOutputs:
    """What an evaluation leaves behind.

    Attributes
    ----------
    targets : Path
        Metrics by target, tab-separated.
    summary : Path
        Averages, JSON.
    replicates : Path
        Metrics of resampled loci, HDF5.
    groups, prevalence, curves : list of Path
        AUROC and AUPR by group; AUPR against prevalence; ROC and
        precision–recall curves. One file a format each.
    calibration, cooccurrence : list of Path
        Share of positives by predicted probability; correlation of targets,
        predicted and observed. One file a format each.
    """

    targets: Path
    summary: Path
    replicates: Path
    groups: list[Path]
    prevalence: list[Path]
    curves: list[Path]
    calibration: list[Path]
    cooccurrence: list[Path]


def evaluate(
    predictions: str | os.PathLike[str],
    store: str | os.PathLike[str],
    train_store: str | os.PathLike[str],
    *,
    min_positives: int,
    targets: Sequence[str | int],
    replicates: int,
    seed: int,
    outputs: EvaluationOutputs,
    threads: int = 1,
) -> None:
    """Compare predictions with the labels of the split that they are of.

    Parameters
    ----------
    predictions : path
        Written by `noncoding.stages.predict`.
    store : path
        The split that was predicted.
    train_store : path
        The training split: its positives are the weights of the
        prevalence-weighted mean.
    min_positives : int
        Averages are also given over the targets with at least so many positive
        test loci.
    targets : sequence of str or int
        Names or indices of the targets whose curves are drawn; if empty, the
        best, the median and the worst by AUPR.
    replicates, seed : int
        Of the block bootstrap (`noncoding.evaluation.intervals.bootstrap`).
    outputs : EvaluationOutputs
    threads : int
        That share the targets out.

    Raises
    ------
    InputError
        The predictions are not of this store, the stores have different
        targets, no target has both positives and negatives, or a target that
        was asked for cannot be drawn.
    """
    with Store(store) as split:
        scores = read_predictions(predictions, split)
        labels = split.labels(slice(0, split.loci_count))
        table = split.targets
        loci = split.loci()
    metrics = target_metrics(table, labels, scores, threads)
    _check_scored(metrics, store)
    if targets:
        chosen = named_targets(metrics, targets)
    else:
        chosen = representative_targets(metrics, min_positives)
    metrics, drawn = with_intervals(
        metrics, labels, scores, loci, replicates=replicates, seed=seed, threads=threads
    )
    summary = {
        "loci": len(labels),
        "bootstrap": {"replicates": replicates, "blocks": len(drawn.loci), "seed": seed},
        "interval_methods": interval_methods(drawn),
        **summarise(metrics, _train_positives(train_store, table), min_positives, drawn),
    }

    with atomic_write(outputs.targets) as [partial]:
        metrics.to_csv(partial, sep="\t", index=False, float_format="%.7g")
    summary["versions"] = versions()
    with atomic_write(outputs.summary) as [partial]:
        partial.write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    write_replicates(drawn, outputs.replicates)
    draw_groups(metrics, *outputs.groups)
    draw_prevalence(metrics, *outputs.prevalence)
    draw_curves(chosen, labels, scores, *outputs.curves)
    draw_calibration(metrics, labels, scores, *outputs.calibration)
    columns = scored(metrics)["index"]
    draw_cooccurrence(cooccurrence(labels, scores, columns), *outputs.cooccurrence)
    _report(summary)


def _check_scored(metrics: pd.DataFrame, store: object) -> None:
    if scored(metrics).empty:
        all_positive = (metrics["test_positives"] > 0).any()
        raise InputError(
            store,
            f"{len(metrics)} targets, each without positives or without negatives",
            "at least one target with both",
            ADD_NEGATIVES if all_positive else "Choose a test split that holds positives.",
        )


def _train_positives(
    train_store: str | os.PathLike[str], table: pd.DataFrame
) -> npt.NDArray[np.int64]:
    with Store(train_store) as train:
        check_same_targets(
            train_store,
            train.targets,
            table,
            "the test split",
            "Make both stores from one target table.",
        )
        return count_positives(train)


def _report(summary: dict[str, Any]) -> None:
    averages = summary["all"]
    log.info(
        "%d of %d targets averaged over %s loci: mean AUROC %.4f, mean AUPR %.4f",
        averages["averaged"],
        averages["targets"],
        f"{summary['loci']:,}",
        averages["auroc"]["mean"],
        averages["auprc"]["mean"],
    )
