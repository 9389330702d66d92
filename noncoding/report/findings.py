"""Sentences of the report that state results; every one is computed."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from noncoding import layout
from noncoding.common.wording import counted
from noncoding.report.formats import (
    allele,
    decimals,
    interval,
    listed,
    percent,
    probability,
    signed,
    signed_interval,
)
from noncoding.report.results import DatasetResults, ModelResults

MOST_LISTED = 3
"""Most chromosomes and targets that a sentence lists."""
SCORED = ("scored", "scored_padded", "swapped")
"""Statuses of alleles with scores."""


def answer(results: DatasetResults, chromosomes: Sequence[str]) -> list[str]:
    """How well the best model predicts, and how it compares with other classifiers.

    The chromosomes of the test split may be unknown and the list empty.
    """
    best = results.models[0]
    averages = best.evaluation["all"]
    rank = f", the best of {len(results.models)} models," if len(results.models) > 1 else ""
    auroc, auprc = (
        f"{decimals(averages[metric]['mean'])}{_confidence(averages[metric]['mean_interval'])}"
        for metric in ("auroc", "auprc")
    )
    sentences = [
        f"On {counted(best.evaluation['loci'], 'test locus')}{_of(chromosomes)}, "
        f"{best.name}{rank} reaches a mean AUROC of {auroc} and a mean AUPR of {auprc} over "
        f"{of_targets(averages)}."
    ]
    if best.members:
        sentences.append(f"{best.name} is an ensemble: its prediction is the {members(best)}.")
    others = results.versus.dropna(subset="mean_difference")
    baselines = others["other"].isin(layout.BASELINES.values())
    models = others["other"].isin([model.name for model in results.models])
    for kind, rows in (
        ("the strongest baseline", others[baselines]),
        ("the best published result", others[~baselines & ~models]),
    ):
        if len(rows):
            sentences.append(difference(kind, rows.loc[rows["mean_difference"].idxmin()]))
    if note := published_note(results):
        sentences.append(note)
    return sentences + genome_wide_answer(best)


def members(model: ModelResults) -> str:
    """What an ensemble averages, e.g. "mean probability of a and b"; empty for a single network."""
    if not model.members:
        return ""
    average = {"probabilities": "probability", "logits": "logit"}[model.training["average"]]
    return f"mean {average} of {listed([member['name'] for member in model.members])}"


def published_note(results: DatasetResults) -> str:
    """How a rebuilt test set differs from that of the published results, where they are shown."""
    return str(results.comparison.get("published_note", ""))


def genome_wide(model: ModelResults) -> list[str]:
    """Performance on all bins of the test chromosomes and on labelled bins; empty if unknown."""
    if not model.genome_wide:
        return []
    averages = model.genome_wide["all"]
    whole, labelled = averages["all_bins"], averages["labelled_bins"]
    bins = counted(model.genome_wide["bins"], "bin")
    sentences = [
        f"On all {bins} of the test chromosomes, {model.name} reaches a mean AUROC of "
        f"{decimals(whole['auroc']['mean'])} and a mean AUPR of {decimals(whole['auprc']['mean'])} "
        f"over {of_targets(averages)} (mean prevalence {percent(whole['prevalence'])})."
    ]
    share = model.genome_wide["labelled_bins"] / max(model.genome_wide["bins"], 1)
    what = f"the {counted(model.genome_wide['labelled_bins'], 'labelled bin')} among them"
    if labelled["auprc"]["mean"] is None:
        sentences.append(
            f"On {what} ({percent(share)}), no target has both positives and negatives, so "
            "neither metric is defined there."
        )
        return sentences
    sentences.append(
        f"On {what} ({percent(share)}), the same predictions have a mean AUROC of "
        f"{decimals(labelled['auroc']['mean'])} and a mean AUPR of "
        f"{decimals(labelled['auprc']['mean'])} (mean prevalence "
        f"{percent(labelled['prevalence'])})."
    )
    return sentences


def genome_wide_answer(model: ModelResults) -> list[str]:
    """A sentence on all bins for the summary of the page; none if they were not evaluated."""
    if not model.genome_wide:
        return []
    whole = model.genome_wide["all"]["all_bins"]
    return [
        f"On all {counted(model.genome_wide['bins'], 'bin')} of the test chromosomes, with and "
        f"without labels, {model.name} has a mean AUPR of {decimals(whole['auprc']['mean'])} "
        "(mean prevalence "
        f"{percent(whole['prevalence'])})."
    ]


def difference(kind: str, row: pd.Series) -> str:
    """Mean difference in AUPR of the best model to another classifier, a row of `versus`."""
    of = f"that of {row['other']}, {kind}, over {counted(row['targets'], 'target')}"
    if abs(row["mean_difference"]) < 0.0005:
        sentence = f"Its mean AUPR equals {of}"
    else:
        relation = "higher" if row["mean_difference"] > 0 else "lower"
        sentence = f"Its mean AUPR is {decimals(abs(row['mean_difference']))} {relation} than {of}"
    if pd.isna(row["low"]):
        return f"{sentence}."
    zero = ", includes 0" if row["low"] <= 0 <= row["high"] else ""
    limits = signed_interval(row["low"], row["high"])
    return f"{sentence} (95 % interval of the difference: {limits}{zero})."


def compared_targets(results: DatasetResults) -> str:
    """The targets of the comparison, e.g. "254 targets with at least 5 positive test loci"."""
    least = results.comparison["min_positives"]
    enough = (results.models[0].metrics["test_positives"] >= least).any()
    positives = f"at least {counted(least, 'positive test locus')}" if enough else "positive loci"
    return f"{counted(results.comparison['targets'], 'target')} with {positives}"


def not_ranked(results: DatasetResults) -> list[str]:
    """Classifiers that score too few targets to be ranked, one sentence each."""
    ranked = set(results.ranking["classifier"])
    return [
        f"{row['other']} is not ranked, since it scores only {row['targets']:,} of these targets."
        for row in results.versus.to_dict("records")
        if row["other"] not in ranked
    ]


def targets_above_random(model: ModelResults) -> tuple[int, int]:
    """Number of targets whose interval of the AUROC is above 0.5, and of those with an interval."""
    lowest = model.metrics["auroc_low"].dropna()
    return int((lowest > 0.5).sum()), len(lowest)


def extremes(model: ModelResults, least: int) -> str:
    """Targets of highest and lowest AUPR among those with enough positives; may be empty."""
    metrics = model.metrics.dropna(subset="auprc").sort_values("auprc", kind="stable")
    metrics = metrics[metrics["test_positives"] >= least]
    if len(metrics) <= 2 * MOST_LISTED:
        return ""
    names = metrics["name"] + " (" + metrics["auprc"].map(decimals) + ")"
    return (
        f"Of the targets with at least {counted(least, 'positive test locus')}, {model.name} has "
        f"the highest AUPR for {listed(names[::-1][:MOST_LISTED].tolist())}, and the lowest for "
        f"{listed(names[:MOST_LISTED].tolist())}."
    )


def other_versions(results: DatasetResults, here: dict[str, str]) -> list[str]:
    """Results that were computed with other software versions than `here`, a sentence each."""
    records = [
        (f"{model.name} was {verb}", record)
        for model in results.models
        for verb, record in (
            ("averaged" if model.members else "trained", model.training),
            ("evaluated", model.evaluation),
            ("explained", model.explanation),
            ("searched for motifs", model.motifs),
            ("evaluated on all bins", model.genome_wide or {}),
        )
    ]
    records += [
        (f"{each.model} was applied to {each.name}", each.summary) for each in results.applied
    ]
    sentences = []
    for what, record in records:
        used = record.get("versions", {})
        others = [f"{name} {own}" for name, own in used.items() if here.get(name, own) != own]
        if others:
            sentences.append(f"{what} with {listed(others)}.")
    return sentences


def strongest_variant(summary: dict[str, Any]) -> str:
    """How many alleles were scored, and which has the strongest effect."""
    number = sum(summary["statuses"].values())
    scored = sum(summary["statuses"].get(status, 0) for status in SCORED)
    sentence = f"{scored:,} of {counted(number, 'alternative allele')} "
    sentence += "was scored." if number == 1 else "were scored."
    for row in summary["strongest"][:1]:
        change = f"{allele(row['ref'])}>{allele(row['alt'])}"
        sentence += (
            f" The strongest effect is that of {row['chrom']}:{row['pos']:,} {change} on "
            f"{row['target']}: logit difference {signed(row['logit_difference'])}"
        )
        if row.get("ref_probability") is not None:
            both = (probability(row[f"{one}_probability"]) for one in ("ref", "alt"))
            sentence += f", probability {' → '.join(both)}"
        sentence += "."
    return sentence


def of_targets(averages: dict[str, Any]) -> str:
    """Number of averaged targets, e.g. "918 of 919 targets"."""
    targets = counted(averages["targets"], "target")
    if averages["averaged"] == averages["targets"]:
        return f"all {targets}" if averages["targets"] > 1 else targets
    return f"{averages['averaged']:,} of {targets}"


def left_out(averages: dict[str, Any]) -> list[str]:
    """Targets that an average excludes, one sentence per reason."""
    sentences = []
    for key, what in (("no_positives", "positive"), ("no_negatives", "negative")):
        targets = averages["left_out"][key]
        if targets:
            names = listed([target["name"] for target in targets])
            sentences.append(
                f"{counted(len(targets), 'target')} without a {what} test locus, for which neither "
                f"metric is defined: {names}."
            )
    return sentences


def _of(chromosomes: Sequence[str]) -> str:
    if len(chromosomes) > MOST_LISTED:
        return f" from {len(chromosomes)} chromosomes"
    plural = "s" * (len(chromosomes) > 1)
    return f" from chromosome{plural} {listed(chromosomes)}" if chromosomes else ""


def _confidence(limits: tuple[float, float] | None) -> str:
    return f" (95 % interval {interval(*limits)})" if limits else ""
