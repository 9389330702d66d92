"""Rows of the report's tables."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from noncoding.attribution.checks.table import ALL_LOCI, ENRICHMENT, IN_STRONGEST
from noncoding.common.wording import counted
from noncoding.layout import FOLDERS, GENOME_WIDE_STAGES
from noncoding.report.captions import APPLIED, CONTENTS
from noncoding.report.results import Applied, ModelResults, stage_folder

PATTERNS = 2
"""Patterns of TF-MoDISco that are shown for each target."""
_DESCRIPTIVE = {"cell_type": "Cell type", "assay": "Assay", "treatment": "Treatment"}

Row = dict[str, Any]


def average_rows(models: list[ModelResults]) -> dict[str, list[Row]]:
    """Averages of each model over all targets, each group and targets with enough positives."""
    first = models[0].evaluation
    rows = {"all targets": [model.evaluation["all"] for model in models]}
    if len(first["groups"]) > 1:
        for group in first["groups"]:
            rows[group] = [model.evaluation["groups"][group] for model in models]
    if first["with_min_positives"]["targets"] < first["all"]["targets"]:
        rows[f"at least {counted(first['min_positives'], 'positive')}"] = [
            model.evaluation["with_min_positives"] for model in models
        ]
    return rows


def target_rows(models: list[ModelResults], known_motifs: list[str]) -> list[Row]:
    """Each target with its metrics by every model (``models``) and its known motif (``motif``)."""
    by_model = zip(*(model.metrics.to_dict("records") for model in models), strict=True)
    return [
        # All columns except for the metrics are the same for all models.
        {**rows[0], "models": list(rows), "motif": motif}
        for rows, motif in zip(by_model, known_motifs, strict=True)
    ]


def descriptive_columns(metrics: pd.DataFrame) -> dict[str, str]:
    """Columns that hold more than the names of the targets, with their headings."""
    return {
        key: heading
        for key, heading in _DESCRIPTIVE.items()
        if key in metrics
        and any(text not in name for text, name in zip(metrics[key], metrics["name"], strict=True))
    }


def enrichment_rows(model: ModelResults) -> list[Row]:
    """Known motifs in the windows of highest attribution, for each target with a known motif.

    Returns
    -------
    list of dict
        ``target``, ``motif``, and ``methods``, a list with ``share`` (of windows with the motif),
        ``sequences``, and the ``ratio`` to position-matched windows with its limits ``low`` and
        ``high``. Of checks on several sets of sequences, the largest set is shown.
    """
    checks = {
        (row["index"], row["method"], row["check"]): row
        for row in model.faithfulness.to_dict("records")
    }

    def found(target: int, method: str) -> Row:
        of = ALL_LOCI if (target, method, f"{IN_STRONGEST}{ALL_LOCI}") in checks else ""
        share, ratio = (
            checks.get((target, method, f"{check}{of}"), {}) for check in (IN_STRONGEST, ENRICHMENT)
        )
        return {
            "share": share.get("value"),
            "sequences": share.get("sequences"),
            "ratio": ratio["value"] if pd.notna(ratio.get("value")) else None,
            "low": ratio.get("low"),
            "high": ratio.get("high"),
        }

    return [
        {
            "target": row["name"],
            "motif": row["known_motif"],
            "methods": [found(row["index"], method) for method in model.explanation["methods"]],
        }
        for row in model.explained.to_dict("records")
        if row["loci"] and row.get("known_motif")
    ]


def pattern_rows(patterns: pd.DataFrame, index: int) -> list[Row]:
    """The first `PATTERNS` patterns of a target, and its filter of the first layer."""
    own = patterns[patterns["index"] == index]
    of_layer = own["view"] == "first layer"
    return pd.concat([own[~of_layer].head(PATTERNS), own[of_layer]]).to_dict("records")


def genome_wide_rows(models: list[ModelResults]) -> dict[str, list[Row]]:
    """Averages of each model on all bins and on labelled bins, over all targets and each group."""
    found = [model.genome_wide for model in models if model.genome_wide]
    rows = {"all targets": [summary["all"] for summary in found]}
    if found and len(found[0]["groups"]) > 1:
        for group in found[0]["groups"]:
            rows[group] = [summary["groups"][group] for summary in found]
    return rows


def file_rows(
    dataset: Path,
    models: Iterable[ModelResults],
    applied: Iterable[Applied],
    *,
    genome_wide: bool = False,
) -> Iterator[tuple[Path, str]]:
    """Files and folders of the results, with their contents."""
    ensembles = {model.name: bool(model.members) for model in models}
    for model in ("", *ensembles):
        for stage, contents in CONTENTS.items():
            if stage in GENOME_WIDE_STAGES and not genome_wide:
                continue
            if stage == ("train" if ensembles.get(model) else "ensemble"):
                continue
            if ("{model}" in FOLDERS[stage]) == bool(model):
                for name, text in contents.items():
                    yield stage_folder(dataset, stage, model) / name, text
    for each in applied:
        yield each.file, f"{APPLIED[each.stage]} {each.name}, by {each.model}"
