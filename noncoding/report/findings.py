"""The results in sentences."""

import math
from typing import Any

import pandas as pd

from noncoding.attribution.checks.table import ALL_LOCI, ENRICHMENT, IN_MATCHED, IN_STRONGEST
from noncoding.report.collect import DatasetResults, ModelResults
from noncoding.report.formats import counted, decimals, listed

AVERAGES = ("mean", "median", "prevalence_weighted_mean")


def finding(results: DatasetResults) -> str:
    """The key numbers of a data set, of its best model by mean AUPR.

    Parameters
    ----------
    results : DatasetResults

    Returns
    -------
    str
        A sentence; two where motifs were planted.
    """
    best = best_model(results.models)
    averages = best.evaluation["all"]
    chromosomes = (results.settings.get("splits") or {}).get("test") or []
    on = f" of chromosome{'s' * (len(chromosomes) > 1)} {listed(chromosomes)}"
    rank = f", the best of {len(results.models)} models," if len(results.models) > 1 else ""
    sentence = (
        f"On {counted(best.evaluation['loci'], 'test locus')}{on if chromosomes else ''}, "
        f"{best.name}{rank} reaches a median AUROC of {decimals(averages['auroc']['median'])} "
        f"and a mean AUPR of {decimals(averages['auprc']['mean'])} over {of_targets(averages)}."
    )
    truth = best.explanation["truth_auroc"]
    if truth is not None:
        sentence += (
            f" Against the planted motifs, {best.explanation['first']} has a mean per-base AUROC "
            f"of {decimals(truth)} (maps of other sequences: "
            f"{decimals(best.explanation['truth_auroc_position_matched'])})."
        )
    return sentence


def best_model(models: list[ModelResults]) -> ModelResults:
    """The model of the highest mean AUPR; the first of equals."""
    return max(models, key=lambda model: _or_least(model.evaluation["all"]["auprc"]["mean"]))


def other_versions(results: DatasetResults, here: dict[str, str]) -> list[str]:
    """Results that were computed with other versions than the page, a sentence each.

    Parameters
    ----------
    results : DatasetResults
    here : dict of str
        Version by name, of what makes the page.
    """
    sentences = []
    for model in results.models:
        stages = {
            "trained": model.training,
            "evaluated": model.evaluation,
            "explained": model.explanation,
            "searched for motifs": model.discovery,
        }
        for verb, record in stages.items():
            used = record.get("versions", {})
            others = [f"{name} {own}" for name, own in used.items() if here.get(name, own) != own]
            if others:
                sentences.append(f"{model.name} was {verb} with {listed(others)}.")
    return sentences


def of_targets(averages: dict[str, Any]) -> str:
    """Over how many targets an average is, e.g. "918 of 919 targets"."""
    if averages["averaged"] == averages["targets"]:
        return f"all {counted(averages['targets'], 'target')}"
    return f"{averages['averaged']:,} of {counted(averages['targets'], 'target')}"


def left_out(averages: dict[str, Any]) -> list[str]:
    """Which targets an average leaves out, and why, a sentence a reason.

    Parameters
    ----------
    averages : dict
        ``all`` of `noncoding.evaluation.summarise`.
    """
    sentences = []
    for key, what in (("no_positives", "positive"), ("no_negatives", "negative")):
        targets = averages["left_out"][key]
        if targets:
            names = listed([f"{target['name']} (index {target['index']})" for target in targets])
            sentences.append(
                f"{counted(len(targets), 'target')} without a {what} test locus, for which neither "
                f"metric is defined: {names}."
            )
    return sentences


def average_rows(models: list[ModelResults]) -> list[dict[str, Any]]:
    """Rows of the table of averages: by group, and in it by model.

    Parameters
    ----------
    models : list of ModelResults

    Returns
    -------
    list of dict
        ``group``, and ``models``: ``name``, ``averages``, and ``best``, the
        pairs (metric, kind) in which the model is the highest of several.
    """
    first = models[0].evaluation
    sections: list[tuple[str, list[dict[str, Any]]]] = [
        ("all targets", [model.evaluation["all"] for model in models])
    ]
    if len(first["groups"]) > 1:
        sections += [
            (group, [model.evaluation["groups"][group] for model in models])
            for group in first["groups"]
        ]
    # Where the subset is everything, its row would say the same again.
    if first["with_min_positives"]["targets"] < first["all"]["targets"]:
        sections.append(
            (
                f"at least {counted(first['min_positives'], 'positive')}",
                [model.evaluation["with_min_positives"] for model in models],
            )
        )
    return [
        {
            "group": group,
            "models": [
                {"name": model.name, "averages": own, "best": _best(own, averages)}
                for model, own in zip(models, averages, strict=True)
            ],
        }
        for group, averages in sections
    ]


def enrichment(model: ModelResults) -> list[dict[str, Any]]:
    """How often the strongest windows hold the known motif, target by target.

    Parameters
    ----------
    model : ModelResults

    Returns
    -------
    list of dict
        ``target``, ``motif``, and ``methods``: for each, on as many sequences as it has
        explained, ``sequences``, ``top`` and ``matched`` (shares of windows), and
        ``value``, ``low`` and ``high`` (their ratio). Targets of which no motif is known
        are left out.
    """
    rows = model.faithfulness.set_index(["index", "method", "check"])
    return [
        {
            "target": row["name"],
            "motif": row["known_motif"],
            "methods": [
                _windows(rows, row["index"], method) for method in model.explanation["methods"]
            ],
        }
        for row in model.explained.to_dict("records")
        if row["loci"] and row.get("known_motif")
    ]


def _windows(rows: pd.DataFrame, target: int, method: str) -> dict[str, Any]:
    of = next(
        (of for of in (ALL_LOCI, "") if (target, method, f"{IN_STRONGEST}{of}") in rows.index), ""
    )
    found = {
        key: rows["value"].get((target, method, f"{check}{of}"))
        for key, check in (("top", IN_STRONGEST), ("matched", IN_MATCHED), ("value", ENRICHMENT))
    }
    if found["value"] is not None and math.isnan(found["value"]):
        found["value"] = None  # Its reason stands among the problems.
    found["sequences"] = rows["sequences"].get((target, method, f"{IN_STRONGEST}{of}"))
    ratio = (target, method, f"{ENRICHMENT}{of}")
    return found | {key: rows[key].get(ratio) for key in ("low", "high")}


def _best(own: dict[str, Any], averages: list[dict[str, Any]]) -> set[tuple[str, str]]:
    if len(averages) == 1:
        return set()
    return {
        (metric, kind)
        for metric in ("auroc", "auprc")
        for kind in AVERAGES
        if (value := own[metric][kind]) is not None
        and value == max(_or_least(each[metric][kind]) for each in averages)
    }


def _or_least(value: float | None) -> float:
    return -math.inf if value is None else value
