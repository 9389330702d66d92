"""Summary sentences of the report."""

from typing import Any

from noncoding.report.formats import counted, decimals, listed
from noncoding.report.results import DatasetResults, ModelResults


def finding(results: DatasetResults, chromosomes: list[str]) -> str:
    """Test metrics of the model with the highest mean AUPR, and agreement with planted motifs.

    The chromosomes of the test split may be unknown and the list empty.
    """
    best = max(results.models, key=lambda model: model.evaluation["all"]["auprc"]["mean"] or -1)
    averages, explanation = best.evaluation["all"], best.explanation
    on = f" of chromosome{'s' * (len(chromosomes) > 1)} {listed(chromosomes)}"
    rank = f", the best of {len(results.models)} models," if len(results.models) > 1 else ""
    sentence = (
        f"On {counted(best.evaluation['loci'], 'test locus')}{on if chromosomes else ''}, "
        f"{best.name}{rank} reaches a median AUROC of {decimals(averages['auroc']['median'])} "
        f"and a mean AUPR of {decimals(averages['auprc']['mean'])} over {of_targets(averages)}."
    )
    if explanation["truth_auroc"] is None:
        return sentence
    return (
        f"{sentence} {explanation['first']} detects the planted motifs with a mean per-base AUROC "
        f"of {decimals(explanation['truth_auroc'])} (position-matched control: "
        f"{decimals(explanation['truth_auroc_position_matched'])})."
    )


def other_versions(models: list[ModelResults], here: dict[str, str]) -> list[str]:
    """Results that were computed with other software versions than `here`, a sentence each."""
    sentences = []
    for model in models:
        for verb, record in (
            ("trained", model.training),
            ("evaluated", model.evaluation),
            ("explained", model.explanation),
            ("searched for motifs", model.motifs),
        ):
            used = record.get("versions", {})
            others = [f"{name} {own}" for name, own in used.items() if here.get(name, own) != own]
            if others:
                sentences.append(f"{model.name} was {verb} with {listed(others)}.")
    return sentences


def of_targets(averages: dict[str, Any]) -> str:
    """Number of averaged targets, e.g. "918 of 919 targets"."""
    targets = counted(averages["targets"], "target")
    if averages["averaged"] == averages["targets"]:
        return f"all {targets}"
    return f"{averages['averaged']:,} of {targets}"


def left_out(averages: dict[str, Any]) -> list[str]:
    """Targets that an average excludes, one sentence per reason."""
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
