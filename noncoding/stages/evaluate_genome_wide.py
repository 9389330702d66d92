"""The stage `evaluate_genome_wide`: metrics on all bins of the test chromosomes."""

import logging
import os

from noncoding import layout
from noncoding.common.errors import InputError
from noncoding.common.files import write_json
from noncoding.common.frames import write_table
from noncoding.common.progress import progress
from noncoding.common.provenance import versions
from noncoding.common.stage_logging import RESULT
from noncoding.data.store import Store
from noncoding.evaluation import genome_wide_figures as figures
from noncoding.evaluation.genome_wide import (
    block_metrics,
    check_labels,
    genome_wide_table,
    labelled_loci,
    labels_of_targets,
    summarise_genome_wide,
    target_blocks,
)
from noncoding.prediction.predictions import read_predictions

log = logging.getLogger(__name__)


def evaluate_genome_wide(
    predictions: str | os.PathLike[str],
    store: str | os.PathLike[str],
    test_store: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    threads: int = 1,
) -> None:
    """Compare predictions for all bins with their labels, and those for labelled bins.

    Both come from the same predictions. Scores and labels are read for a block of targets at a
    time, of at most 2²⁶ scores (256 MiB).

    Parameters
    ----------
    predictions : path
        Of the stage `predict_genome_wide`.
    store : path
        All bins of the test chromosomes, of the stage `tile_genome_wide`.
    test_store : path
        The test split. Its loci with at least one label are the labelled bins.
    folder : path
        Output folder.
    threads : int

    Raises
    ------
    InputError
        The predictions belong to another store, the stores have different targets or labels, a
        labelled bin is not in the genome-wide store, or no target has both positives and
        negatives.
    """
    with Store(store) as whole, Store(test_store) as test:
        labelled = labelled_loci(whole, test)
        blocks = []
        targets = len(whole.targets)
        with progress(targets, "target") as update:
            for block in target_blocks(whole.loci_count, targets):
                labels = labels_of_targets(whole, block)
                scores = read_predictions(predictions, whole, block)
                blocks.append(block_metrics(labels, scores, labelled, threads))
                update(len(blocks[-1]))
        metrics = genome_wide_table(whole.targets, blocks)
        check_labels(metrics, store, test)
        bins = whole.loci_count
    summary = {
        "bins": bins,
        "labelled_bins": len(labelled),
        **summarise_genome_wide(metrics),
        "versions": versions(),
    }
    averages = summary["all"]
    if not averages["averaged"]:
        raise InputError(
            store,
            f"{len(metrics)} targets, each without positives or without negatives",
            "at least one target with both",
            "Choose test chromosomes with peaks.",
        )
    targets_file, summary_file = layout.files("evaluate_genome_wide", folder)
    write_table(metrics, targets_file)
    write_json(summary, summary_file)
    auprc, gain = layout.figures("evaluate_genome_wide", folder)
    figures.draw_auprc(metrics, *auprc)
    figures.draw_gain(metrics, *gain)
    on_labelled = averages["labelled_bins"]["auprc"]["mean"]
    log.log(
        RESULT,
        "mean AUPR %.3f on %s bins%s",
        averages["all_bins"]["auprc"]["mean"],
        f"{bins:,}",
        "" if on_labelled is None else f", {on_labelled:.3f} on {len(labelled):,} labelled bins",
    )
