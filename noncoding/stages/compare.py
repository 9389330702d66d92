"""Comparison of trained models, baselines and published results."""

import logging
import os
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from noncoding import layout
from noncoding.common.errors import InputError
from noncoding.common.files import write_json
from noncoding.common.frames import write_table
from noncoding.common.provenance import versions
from noncoding.common.stage_logging import RESULT
from noncoding.data.counts import count_positives
from noncoding.data.published_positives import REBUILT
from noncoding.data.store import BOTH, Store
from noncoding.data.targets import check_same_targets, read_targets
from noncoding.evaluation.bootstrap import Replicates, read_replicates
from noncoding.evaluation.comparison_figures import draw_ranking, draw_versus, ranking_finding
from noncoding.evaluation.paired_comparison import all_pairs, versus
from noncoding.evaluation.published import classifier_metrics, published_results
from noncoding.evaluation.ranking import ranking
from noncoding.evaluation.target_metrics import DESCRIPTION

log = logging.getLogger(__name__)

_REMEDY = "Run the stages 'baseline' and 'evaluate' again."


def compare(
    models: Mapping[str, str | os.PathLike[str]],
    baselines: str | os.PathLike[str],
    store: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    min_positives: int,
) -> None:
    """Compare classifiers on the targets of a test split.

    Parameters
    ----------
    models : mapping of str to path
        Folder of each model's evaluation.
    baselines : path
        Folder of the stage `baseline`.
    store : path
        The test split; its target table may have published results.
    folder : path
        Output folder.
    min_positives : int
        Targets with fewer positive test loci are not compared, unless all have fewer.

    Raises
    ------
    InputError
        A file has other targets or cannot be read, or replicates are not paired.
    """
    with Store(store) as split:
        table = split.targets
        counts = count_positives(split)
        rows = counts * (2 if split.strands == BOTH else 1)
        published = published_results(table, rows, rebuilt=REBUILT in split.source)
    log.info("%s", published.reason)
    compared = counts >= min_positives
    if not compared.any():
        compared = counts > 0

    evaluations, replicates, metrics = {}, {}, []
    for name, path in models.items():
        targets_file, _, replicates[name] = layout.files("evaluate", path)
        evaluations[name] = _read_metrics(targets_file, table)
        own = evaluations[name][["index", "auroc", "auprc"]]
        metrics.append(own.assign(classifier=name, kind="model"))
    if len(published.results):
        metrics.append(published.results.assign(kind="published"))
    baseline_file, *replicates_files = layout.files("baseline", baselines)
    baseline = _read_metrics(baseline_file, table)
    for name, path in zip(layout.BASELINES, replicates_files, strict=True):
        if baseline[f"{name}_auprc"].notna().any():
            own = classifier_metrics(baseline, name, layout.BASELINES[name])
            metrics.append(own.assign(kind="baseline"))
            replicates[layout.BASELINES[name]] = path
    everything = pd.concat(metrics, ignore_index=True)
    resampled = _paired_replicates(replicates)
    pairs = all_pairs(everything, resampled, compared)
    ranks = ranking(everything, resampled, compared)
    best = str(ranks.loc[ranks["kind"] == "model", "classifier"].iloc[0])
    summary = {
        "min_positives": min_positives,
        "targets": int(compared.sum()),
        "published": published.reason,
        "published_note": published.note,
        "best": best,
        "finding": ", ".join(ranking_finding(ranks)),
        "versions": versions(),
    }

    first = next(iter(evaluations.values()))
    columns = [column for column in (*DESCRIPTION, "test_positives") if column in first]
    described = first[columns].assign(motif=baseline["motif"])
    wide = everything.pivot(index="index", columns="classifier", values=["auroc", "auprc"])
    order = [(m, c) for c in everything["classifier"].unique() for m in ("auroc", "auprc")]
    wide = wide[order].set_axis([f"{c} {m}" for m, c in order], axis=1)
    targets_file, ranking_file, pairs_file, summary_file = layout.files("compare", folder)
    write_table(described.join(wide, on="index"), targets_file)
    write_table(ranks, ranking_file)
    write_table(pairs, pairs_file)
    write_json(summary, summary_file)
    ranking_figure, versus_figure = layout.figures("compare", folder)
    draw_ranking(ranks, *ranking_figure)
    draw_versus(best, versus(pairs, best), everything, described[compared], *versus_figure)
    log.log(RESULT, "%s", summary["finding"])


def _paired_replicates(paths: Mapping[str, Path]) -> dict[str, Replicates]:
    """Replicates of each classifier, all from the same resampled loci."""
    replicates = {name: read_replicates(path) for name, path in paths.items()}
    first, *others = replicates
    for other in others:
        if not replicates[first].is_paired_with(replicates[other]):
            raise InputError(
                paths[other],
                "replicates of other loci, another seed or another number",
                f"those of {paths[first]}",
                _REMEDY,
            )
    return replicates


def _read_metrics(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    metrics = read_targets(path)
    check_same_targets(path, metrics, table, "the test split", _REMEDY)
    return metrics
