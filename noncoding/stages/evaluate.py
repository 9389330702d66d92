"""Evaluation of predictions: metrics by target, averages, intervals and figures."""

import logging
import os

from noncoding import layout
from noncoding.common.errors import InputError
from noncoding.common.files import write_json
from noncoding.common.frames import write_table
from noncoding.common.provenance import versions
from noncoding.common.stage_logging import RESULT
from noncoding.data.store import Store
from noncoding.data.targets import ADD_NEGATIVES, check_same_targets, read_targets
from noncoding.evaluation import figures
from noncoding.evaluation.bootstrap import write_replicates
from noncoding.evaluation.calibration import cooccurrence
from noncoding.evaluation.curves import named_targets, representative_targets
from noncoding.evaluation.target_metrics import (
    interval_methods,
    scored,
    summarise,
    target_metrics,
    with_intervals,
)
from noncoding.prediction.predictions import read_predictions
from noncoding.settings.evaluate import EvaluateSettings

log = logging.getLogger(__name__)


def evaluate(
    predictions: str | os.PathLike[str],
    store: str | os.PathLike[str],
    positives: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    settings: EvaluateSettings,
    *,
    seed: int,
    threads: int = 1,
) -> None:
    """Compare predictions with the labels of their split.

    Parameters
    ----------
    predictions : path
        Written by the stage `predict`.
    store : path
        The split that was predicted.
    positives : path
        Table of the stage `describe`. The positives of the training split are the weights of the
        prevalence-weighted mean.
    folder : path
        Output folder.
    settings : EvaluateSettings
    seed : int
        Of the block bootstrap.
    threads : int

    Raises
    ------
    InputError
        The predictions belong to another store, the table has different targets, no target
        has both positives and negatives, or a requested target cannot be plotted.
    """
    with Store(store) as split:
        scores = read_predictions(predictions, split)
        labels = split.labels(slice(0, split.loci_count))
        table, loci = split.targets, split.loci()
    counts = read_targets(positives)
    remedy = "Run the stage 'describe' again."
    check_same_targets(positives, counts, table, "the test split", remedy)
    weights = counts["train_positives"].to_numpy()
    metrics = target_metrics(table, labels, scores, threads)
    if scored(metrics).empty:
        found = f"{len(metrics)} targets, each without positives or without negatives"
        add_positives = "Choose a test split with positives."
        remedy = ADD_NEGATIVES if metrics["test_positives"].any() else add_positives
        raise InputError(store, found, "at least one target with both", remedy)
    if settings.curves:
        chosen = named_targets(metrics, settings.curves)
    else:
        chosen = representative_targets(metrics, settings.min_positives)
    metrics, replicates = with_intervals(
        metrics, labels, scores, loci, replicates=settings.replicates, seed=seed, threads=threads
    )
    summary = {
        "loci": len(labels),
        "bootstrap": {
            "replicates": settings.replicates,
            "blocks": len(replicates.loci),
            "seed": seed,
        },
        "interval_methods": interval_methods(replicates),
        **summarise(metrics, weights, settings.min_positives, replicates),
        "versions": versions(),
    }

    targets_file, summary_file, replicates_file = layout.files("evaluate", folder)
    write_table(metrics, targets_file)
    write_json(summary, summary_file)
    write_replicates(replicates, replicates_file)
    groups, prevalence, curves, calibration, pairs = layout.figures("evaluate", folder)
    figures.draw_groups(metrics, *groups)
    figures.draw_prevalence(metrics, *prevalence)
    figures.draw_curves(chosen, labels, scores, *curves)
    figures.draw_calibration(metrics, labels, scores, *calibration)
    figures.draw_cooccurrence(cooccurrence(labels, scores, scored(metrics)["index"]), *pairs)
    averages = summary["all"]
    log.log(
        RESULT,
        "mean AUPR %.3f, mean AUROC %.3f (%d of %d targets, %s test loci)",
        averages["auprc"]["mean"],
        averages["auroc"]["mean"],
        averages["averaged"],
        averages["targets"],
        f"{len(labels):,}",
    )
