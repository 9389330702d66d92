"""Results of the other stages, as the page shows them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from noncoding import layout
from noncoding.common.errors import InputError
from noncoding.data.targets import NAMING, check_same_targets, distinct_names
from noncoding.evaluation.paired_comparison import versus

_NUMERIC = (
    *("test_positives", "test_negatives", "prevalence"),
    *("auroc", "auroc_low", "auroc_high", "auprc", "auprc_low", "auprc_high"),
    *("auprc_over_prevalence", "loci", "mean_probability", "share_in_bin"),
    *("truth_auroc", "truth_auroc_position_matched"),
    *("value", "low", "high", "p_value", "q_value", "own_q_value"),
    *("mean_difference", "median_difference", "mean_auprc", "median_auroc"),
    *("mean_auprc_low", "mean_auprc_high", "median_auroc_low", "median_auroc_high"),
)
"""Columns in which an empty field is a missing number."""
_NAMES = ("name", "target", "first", "second", "subset", "classifier", *NAMING)
"""Columns that are text, even if all values are digits."""

Summary = dict[str, Any]
"""Content of a JSON file."""


@dataclass(frozen=True)
class ModelResults:
    """Results of one model: the JSON files and tables of the stages."""

    name: str
    training: Summary
    epochs: int | None  # None of an ensemble, which is not trained itself
    evaluation: Summary
    metrics: pd.DataFrame  # one row per target, with distinct names
    explanation: Summary
    explained: pd.DataFrame  # one row per explained target
    faithfulness: pd.DataFrame  # one row per check
    motifs: Summary
    patterns: pd.DataFrame  # one row per learned motif
    genome_wide: Summary | None = None  # metrics on all bins of the test chromosomes

    @property
    def members(self) -> list[Summary]:
        """Records of the members of an ensemble; empty for a single network."""
        return list(self.training.get("members", []))

    @property
    def starts_from_motifs(self) -> bool:
        """Whether first kernels were initialised with known motifs, also of only some members."""
        records = self.members or [self.training]
        return any((record.get("sizes") or {}).get("motifs") for record in records)


@dataclass(frozen=True)
class Applied:
    """What came of the application of a model to an entry of ``apply``."""

    stage: str
    name: str  # of the entry
    model: str
    file: Path  # the main output
    figures: Path  # folder of the figures, if there are any
    summary: Summary


@dataclass(frozen=True)
class DatasetResults:
    """Results of all models on a data set."""

    splits: dict[str, Summary]
    models: list[ModelResults]  # the one with the highest mean AUPR first, as in the ranking
    comparison: Summary
    ranking: pd.DataFrame  # one row per classifier, see `noncoding.evaluation.ranking`
    versus: pd.DataFrame  # the best model against each other classifier, by AUPR
    known_motifs: list[str]  # of each target; empty where there is none
    applied: list[Applied]  # variants first; those of an entry in the order of the models


def empty_figures(model: ModelResults) -> set[str]:
    """Names of figures without a point, which the page leaves out.

    A single target has no others with which it could occur or be compared.
    """
    empty = {"cooccurrence"} if len(model.metrics) < 2 else set()
    if model.genome_wide and model.genome_wide["all"]["labelled_bins"]["auprc"]["mean"] is None:
        empty |= set(layout.FIGURES["evaluate_genome_wide"])
    return empty


def stage_folder(dataset: Path, stage: str, model: str = "") -> Path:
    """Folder of a stage, from the folder of all results of a data set."""
    return dataset.parent / layout.FOLDERS[stage].format(dataset=dataset.name, model=model)


def existing(path: Path, stage: str) -> Path:
    """The same path; an `InputError` if there is no such file."""
    if not path.is_file():
        raise InputError(path, "no such file", f"an output of the stage '{stage}'", rerun(stage))
    return path


def rerun(stage: str) -> str:
    """The remedy for a file that is missing or damaged."""
    return f"Run the stage '{stage}' again."


def read_results(
    dataset: Path,
    models: Sequence[str],
    applied: Iterable[tuple[str, str, str]] = (),
    *,
    genome_wide: bool = False,
) -> DatasetResults:
    """Read the results of a data set, except for figures.

    Parameters
    ----------
    dataset : Path
        Folder of all results of the data set.
    models : sequence of str
        Names of at least one model.
    applied : iterable of tuple
        What the models were applied to: stage, name of the entry of ``apply``, and model.
    genome_wide : bool
        Whether the models were evaluated on all bins of the test chromosomes.

    Raises
    ------
    InputError
        A file is missing or cannot be read, the models were evaluated on different targets, or a
        model is not in the comparison.
    """
    compare = stage_folder(dataset, "compare")
    ranking = _read_table(compare / layout.RANKING, "compare")
    ranked = ranking.loc[ranking["kind"] == "model", "classifier"].unique().tolist()
    if missing := sorted(set(models) - set(ranked)):
        raise InputError(
            compare / layout.RANKING,
            f"no row of {', '.join(missing)}",
            "a row of each model",
            rerun("compare"),
        )
    results = [
        _read_model(dataset, name, genome_wide=genome_wide)
        for name in sorted(models, key=ranked.index)
    ]
    for other in results[1:]:
        check_same_targets(
            stage_folder(dataset, "evaluate", other.name) / layout.TARGETS,
            other.metrics,
            results[0].metrics,
            results[0].name,
            rerun("evaluate"),
        )
    comparison = _read_json(compare / layout.SUMMARY, "compare")
    return DatasetResults(
        splits=_read_json(stage_folder(dataset, "describe") / layout.SUMMARY, "describe"),
        models=results,
        comparison=comparison,
        ranking=ranking,
        versus=versus(_read_table(compare / layout.PAIRS, "compare"), comparison["best"]),
        known_motifs=list(_read_table(compare / layout.TARGETS, "compare")["motif"]),
        applied=sorted(
            (_read_applied(dataset, *each) for each in applied),
            # Variants before regions.
            key=lambda each: (each.stage != "score_variants", each.name, ranked.index(each.model)),
        ),
    )


def _read_model(dataset: Path, name: str, *, genome_wide: bool) -> ModelResults:
    train, evaluate, explain, motifs = (
        stage_folder(dataset, stage, name) for stage in ("train", "evaluate", "explain", "motifs")
    )
    all_bins = stage_folder(dataset, "evaluate_genome_wide", name) / layout.SUMMARY
    training = _read_json(train / "model" / "training.json", "train")
    epochs = None
    if "members" not in training:
        log = pd.read_csv(existing(train / "training" / layout.METRICS_LOG, "train"))
        epochs = int(log["epoch"].max()) + 1
    metrics = _read_table(evaluate / layout.TARGETS, "evaluate")
    return ModelResults(
        name=name,
        training=training,
        epochs=epochs,
        evaluation=_read_json(evaluate / layout.SUMMARY, "evaluate"),
        metrics=metrics.assign(name=distinct_names(metrics)),
        explanation=_read_json(explain / layout.SUMMARY, "explain"),
        explained=_read_table(explain / layout.TARGETS, "explain"),
        # Means over targets have no index.
        faithfulness=_read_table(explain / layout.FAITHFULNESS, "explain", ("index", *_NUMERIC)),
        motifs=_read_json(motifs / layout.SUMMARY, "motifs"),
        patterns=_read_table(motifs / layout.PATTERNS, "motifs"),
        genome_wide=_read_json(all_bins, "evaluate_genome_wide") if genome_wide else None,
    )


def _read_applied(dataset: Path, stage: str, name: str, model: str) -> Applied:
    folder = stage_folder(dataset, stage, model)
    summary = _read_json(folder / f"{name}.json", stage)
    return Applied(stage, name, model, folder / summary["file"], folder / name, summary)


def _read_json(path: Path, stage: str) -> Summary:
    try:
        return json.loads(existing(path, stage).read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise InputError(path, f"text that is not JSON ({error})", "JSON", rerun(stage)) from error


def _read_table(path: Path, stage: str, numeric: Sequence[str] = _NUMERIC) -> pd.DataFrame:
    """Read a table; text columns stay text, since a target may be called "NA"."""
    return pd.read_csv(
        existing(path, stage),
        sep="\t",
        dtype=dict.fromkeys(_NAMES, str),
        keep_default_na=False,
        na_values={column: ["", "NaN"] for column in numeric},
    )
