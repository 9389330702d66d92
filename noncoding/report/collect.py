"""What the page is made from: the files of a data set and of its models."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from noncoding.common.errors import InputError
from noncoding.data.targets import check_same_targets
from noncoding.evaluation.pairs import versus

_MEASURED = (
    "test_positives",
    "test_negatives",
    "prevalence",
    "auroc",
    "auroc_low",
    "auroc_high",
    "auprc",
    "auprc_low",
    "auprc_high",
    "auprc_over_prevalence",
    "loci",
    "mean_probability",
    "share_in_bin",
    "truth_auroc",
    "truth_auroc_position_matched",
    "value",
    "low",
    "high",
    "q_value",
    "own_q_value",
)
"""Numeric columns, in which an empty field is no number."""
_REMEDY = "Run the stage '{}' again."


@dataclass(frozen=True)
class ModelResults:
    """Everything that the page says of one model.

    Attributes
    ----------
    name : str
    folder : Path
    parameters : int
        Number of trained parameters.
    training : dict
        Made by `noncoding.stages.train`: configuration and validation figures.
    epochs : int
        Epochs that were run.
    evaluation : dict
        Made by `noncoding.evaluation.summarise`.
    metrics : pandas.DataFrame
        Made by `noncoding.evaluation.target_metrics`.
    explanation : dict
        Summary of the explanation.
    explained : pandas.DataFrame
        One row an explained target.
    faithfulness : pandas.DataFrame
        Made by `noncoding.attribution.checks.table.faithfulness_table`.
    discovery : dict
        Summary of the motifs that were learned.
    patterns : pandas.DataFrame
        A row a pattern, see `noncoding.motifs.target_motifs.TargetMotifs.rows`.
    """

    name: str
    folder: Path
    parameters: int
    training: dict[str, Any]
    epochs: int
    evaluation: dict[str, Any]
    metrics: pd.DataFrame
    explanation: dict[str, Any]
    explained: pd.DataFrame
    faithfulness: pd.DataFrame
    discovery: dict[str, Any]
    patterns: pd.DataFrame


@dataclass(frozen=True)
class Comparison:
    """What the page says of the models beside each other and beside others.

    Attributes
    ----------
    folder : Path
        Holds ``figures``.
    summary : dict
        Made by `noncoding.stages.compare`.
    versus : pandas.DataFrame
        The best model against each other classifier, by AUPR.
    motifs : list of str
        Known motif of each target that the scan used; empty where there is none.
    """

    folder: Path
    summary: dict[str, Any]
    versus: pd.DataFrame
    motifs: list[str]


@dataclass(frozen=True)
class DatasetResults:
    """Everything that the page says of a data set.

    Attributes
    ----------
    name : str
    folder : Path
        Holds ``summary.json`` and ``figures``.
    settings : dict
        The data set's entry in the configuration.
    splits : dict of dict
        Made by `noncoding.stages.describe`, by split.
    models : list of ModelResults
    comparison : Comparison
    """

    name: str
    folder: Path
    settings: dict[str, Any]
    splits: dict[str, dict[str, Any]]
    models: list[ModelResults]
    comparison: Comparison


def collect(
    dataset: str,
    settings: dict[str, Any],
    data: str | os.PathLike[str],
    models: Mapping[str, str | os.PathLike[str]],
    comparison: str | os.PathLike[str],
) -> DatasetResults:
    """Read what all stages have written, figures excepted.

    Parameters
    ----------
    dataset : str
    settings : dict
        The data set's entry in the configuration.
    data : path
        Folder of the stores.
    models : mapping of str to path
        Folder of each model.
    comparison : path
        Folder of the comparison.

    Returns
    -------
    DatasetResults

    Raises
    ------
    InputError
        A file is missing or cannot be read, or the models were evaluated on
        different targets.
    """
    splits = _read_json(Path(data) / "summary.json", "describe")
    results = [_collect_model(name, Path(folder)) for name, folder in models.items()]
    first, *others = results
    for other in others:
        check_same_targets(
            other.folder / "evaluation" / "targets.tsv",
            other.metrics,
            first.metrics,
            first.name,
            _REMEDY.format("evaluate"),
        )
    compared = _collect_comparison(Path(comparison))
    return DatasetResults(dataset, Path(data), settings, splits, results, compared)


def existing(path: Path, stage: str) -> Path:
    """The same path, if the stage that makes it has been run.

    Raises
    ------
    InputError
        There is no such file.
    """
    if not path.is_file():
        raise InputError(
            path, "no such file", f"what the stage '{stage}' writes", _REMEDY.format(stage)
        )
    return path


def _collect_comparison(folder: Path) -> Comparison:
    summary = _read_json(folder / "summary.json", "compare")
    pairs = pd.read_csv(
        existing(folder / "pairs.tsv", "compare"),
        sep="\t",
        dtype={"first": str, "second": str},
        keep_default_na=False,
        na_values={"low": "", "high": "", "p_value": "", "mean_difference": ""},
    )
    targets = _read_table(folder / "targets.tsv", "compare")
    return Comparison(folder, summary, versus(pairs, summary["best"]), list(targets["motif"]))


def _collect_model(name: str, folder: Path) -> ModelResults:
    training = _read_json(folder / "model" / "training.json", "train")
    log = pd.read_csv(existing(folder / "training" / "metrics.csv", "train"))
    return ModelResults(
        name=name,
        folder=folder,
        parameters=training["parameters"],
        training=training,
        epochs=int(log["epoch"].max()) + 1,
        evaluation=_read_json(folder / "evaluation" / "summary.json", "evaluate"),
        metrics=_read_table(folder / "evaluation" / "targets.tsv", "evaluate"),
        explanation=_read_json(folder / "explain" / "summary.json", "explain"),
        explained=_read_table(folder / "explain" / "targets.tsv", "explain"),
        faithfulness=_read_table(
            folder / "explain" / "faithfulness.tsv", "explain", numeric=("index", *_MEASURED)
        ),
        discovery=_read_json(folder / "motifs" / "summary.json", "motifs"),
        patterns=_read_table(folder / "motifs" / "patterns.tsv", "motifs"),
    )


def _read_json(path: Path, stage: str) -> dict[str, Any]:
    try:
        return json.loads(existing(path, stage).read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise InputError(
            path, f"text that is not JSON ({error})", "JSON", _REMEDY.format(stage)
        ) from error


def _read_table(path: Path, stage: str, numeric: Sequence[str] = _MEASURED) -> pd.DataFrame:
    """A table whose texts stay texts: a target may be called "NA"."""
    return pd.read_csv(
        existing(path, stage),
        sep="\t",
        keep_default_na=False,
        na_values={column: ["", "NaN"] for column in numeric},
    )
