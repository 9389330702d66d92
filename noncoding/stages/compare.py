"""The driver of a comparison: models of ours, baselines and published results."""

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from noncoding.common.errors import InputError
from noncoding.common.files import atomic_write
from noncoding.common.provenance import versions
from noncoding.data.counts import count_positives
from noncoding.data.store import BOTH, Store
from noncoding.data.targets import check_same_targets, read_targets
from noncoding.evaluation.comparison_figures import draw_ranking, draw_versus, ranking_finding
from noncoding.evaluation.intervals import Replicates, read_replicates
from noncoding.evaluation.pairs import all_pairs, versus
from noncoding.evaluation.published import published_results
from noncoding.evaluation.ranking import ranking

log = logging.getLogger(__name__)

# What the stage `baseline` gives, by the prefix of its columns.
_LABELS = {"gc": "GC content", "kmers": "word regression", "motif": "motif scan"}


@dataclass(frozen=True)
class ComparisonOutputs:
    """What a comparison leaves behind.

    Attributes
    ----------
    targets : Path
        AUROC and AUPR of every target by every classifier, and its known motif,
        tab-separated.
    ranking, pairs : Path
        Classifiers in order; every pair of them. Tab-separated.
    summary : Path
        JSON: ``min_positives``, ``targets`` (number compared), ``published`` (in
        words, whether published results are shown, and why), ``best`` (the model
        of ours with the highest mean AUPR) and ``finding``.
    ranking_figure, versus_figure : list of Path
        One file a format each.
    """

    targets: Path
    ranking: Path
    pairs: Path
    summary: Path
    ranking_figure: list[Path]
    versus_figure: list[Path]


def compare(
    models: Mapping[str, str | os.PathLike[str]],
    baselines: str | os.PathLike[str],
    store: str | os.PathLike[str],
    *,
    min_positives: int,
    outputs: ComparisonOutputs,
) -> None:
    """Compare classifiers on the targets of a test split.

    Parameters
    ----------
    models : mapping of str to path
        Folder of each model's evaluation, with ``targets.tsv`` and
        ``replicates.h5``.
    baselines : path
        Folder made by `noncoding.stages.baseline`, with ``targets.tsv`` and
        ``replicates/``.
    store : path
        The test split; its target table may name published results.
    min_positives : int
        Targets with fewer positive test loci are not compared, unless all have
        fewer.
    outputs : ComparisonOutputs

    Raises
    ------
    InputError
        A file is of other targets, or cannot be read, or replicates are not paired.
    """
    with Store(store) as split:
        table = split.targets
        counts = count_positives(split)
        published, reason = published_results(table, counts * (2 if split.strands == BOTH else 1))
    log.info("%s", reason)
    evaluated = {
        name: _same_targets(Path(folder) / "targets.tsv", table) for name, folder in models.items()
    }
    parts = [
        own[["index", "auroc", "auprc"]].assign(classifier=name, kind="model")
        for name, own in evaluated.items()
    ]
    parts.append(published.assign(kind="published"))
    scores = _same_targets(Path(baselines) / "targets.tsv", table)
    labels = {
        name: label for name, label in _LABELS.items() if scores[f"{name}_auprc"].notna().any()
    }
    parts += [
        pd.DataFrame(
            {
                "index": table["index"],
                "classifier": label,
                "auroc": scores[f"{name}_auroc"].astype(float),
                "auprc": scores[f"{name}_auprc"].astype(float),
                "kind": "baseline",
            }
        )
        for name, label in labels.items()
    ]
    metrics = pd.concat([part for part in parts if len(part)], ignore_index=True)
    kept = np.asarray(counts >= min_positives)
    if not kept.any():
        kept = counts > 0
    replicates = _paired_replicates(
        {name: Path(folder) / "replicates.h5" for name, folder in models.items()}
        | {label: Path(baselines) / "replicates" / f"{name}.h5" for name, label in labels.items()}
    )
    pairs = all_pairs(metrics, replicates, kept)
    ranks = ranking(metrics, replicates, kept)
    best = str(ranks.loc[ranks["kind"] == "model", "classifier"].iloc[0])
    summary = {
        "min_positives": min_positives,
        "targets": int(kept.sum()),
        "published": reason,
        "best": best,
        "finding": ranking_finding(ranks),
    }

    first = next(iter(evaluated.values()))
    described = first[[c for c in _DESCRIBED if c in first]].assign(motif=scores["motif"])
    wide = metrics.pivot(index="index", columns="classifier", values=["auroc", "auprc"])
    order = [(m, c) for c in metrics["classifier"].unique() for m in ("auroc", "auprc")]
    wide = wide[order].set_axis([f"{c} {m}" for m, c in order], axis=1)
    _write_table(described.join(wide, on="index"), outputs.targets)
    _write_table(ranks, outputs.ranking)
    _write_table(pairs, outputs.pairs)
    summary["versions"] = versions()
    with atomic_write(outputs.summary) as [partial]:
        partial.write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    draw_ranking(ranks, *outputs.ranking_figure)
    shown = versus(pairs, best)
    draw_versus(best, shown, metrics, described[kept], *outputs.versus_figure)
    log.info("%s", summary["finding"])


_DESCRIBED = ("index", "name", "group", "cell_type", "assay", "treatment", "test_positives")


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
                "Run the stages 'baseline' and 'evaluate' again.",
            )
    return replicates


def _same_targets(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    own = read_targets(path)
    check_same_targets(
        path,
        own,
        table,
        "the test split",
        "Run the stages 'baseline' and 'evaluate' again.",
    )
    return own


def _write_table(table: pd.DataFrame, path: Path) -> None:
    with atomic_write(path) as [partial]:
        table.to_csv(partial, sep="\t", index=False, float_format="%.7g")
