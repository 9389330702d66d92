"""Sentences of the page that state results."""

import json
import math
from dataclasses import replace

import pandas as pd
import pytest
from report_page import Page, made

from noncoding.common.errors import InputError
from noncoding.models.export import load_model
from noncoding.report.findings import difference, extremes
from noncoding.report.results import read_results
from noncoding.stages.report import report


def test_the_page_shows_the_summary(tree):
    text = made(tree).text
    assert (
        "On 1,234 test loci from chromosomes VIII and IX, small reaches a mean AUROC of 0.919 "
        "(95 % interval 0.900–0.931) and a mean AUPR of 0.343 over 2 of 3 targets." in text
    )
    assert "Better than random 1 of 2 of the targets whose AUROC has a 95" in text
    assert "1 target without a positive test locus" in text and "is defined: NA." in text
    parameters = sum(p.numel() for p in load_model(tree.root / "small/model").network.parameters())
    assert f"{parameters:,}" in text
    assert "3 of at most 7" in text  # epochs
    assert "2 motifs of 1 target REB1: MA9.1 REB1, MA8.2 REB1" in text
    assert "0.200" in text and "0.820" in text  # validation
    assert "resolution 8 bp, receptive field 39 bp" in text
    assert "55.5 %" in text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_first_sentence_counts_many_chromosomes(tree):
    contigs = [f"contig{number}" for number in range(10)]
    configuration = {"tiny": {"source": "genome", "splits": {"test": contigs, "train": None}}}
    report(tree.root, ["small"], {"datasets": configuration})
    text = Page(tree.page).text
    assert "On 1,234 test loci from 10 chromosomes, small reaches" in text
    assert "test 10 contig0, contig1, contig2" in text and "train all others" in text


def test_the_best_model_of_the_comparison_comes_first(tree):
    tree.add_model("large", mean_auprc=0.41)
    tree.rank("large", "small")
    page = made(tree, "small", "large")
    assert "large, the best of 2 models, reaches" in page.text
    assert "mean AUPR of 0.410" in page.text
    assert "AUROC, large AUPR, large AUROC, small AUPR, small" in page.text
    assert len(page.all("svg")) == 7 + 2 * (5 + 2 + 1) and len(page.all("img")) == 2 * (3 + 1)
    source = tree.page.read_text()
    assert source.count("<strong>0.410</strong>") == 2 and "<strong>0.343</strong>" not in source


def test_the_same_model_is_the_best_in_all_sentences(tree):
    # Over all targets; the comparison is over those with enough positives.
    tree.add_model("large", mean_auprc=0.41)
    tree.rank("small", "large")
    text = made(tree, "small", "large").text
    assert "small, the best of 2 models, reaches" in text and "small (best model)" in text
    assert "AUPR of small against that of each other classifier" in text


def test_a_model_that_is_not_in_the_comparison_is_refused(tree):
    tree.add_model("large", mean_auprc=0.41)
    with pytest.raises(InputError, match=r"ranking\.tsv: found no row of large"):
        made(tree, "small", "large")


def test_the_answer_names_the_strongest_of_each_kind(tree):
    text = made(tree).text
    assert (
        "Its mean AUPR is 0.025 higher than that of motif scan, the strongest baseline, over 1 "
        "target (95 % interval of the difference: −0.100 to +0.219, includes 0)." in text
    )
    assert (
        "Its mean AUPR is 0.030 lower than that of DeepSEA (published), the best published "
        "result, over 2 targets." in text
    )
    assert "motif scan is not ranked, since it scores only 1 of these targets." in text
    assert "95 % intervals of AUROC (block bootstrap) and AUPR (block bootstrap)" in text
    assert "The target table names no published results." in text
    assert "2 targets with at least 50 positive test loci" in text


def test_a_rebuilt_test_set_is_named_wherever_published_results_are_shown(tree):
    note = "The test set is rebuilt, not identical to the published one (positive rows of targets: "
    note += "largest relative difference 0.4 %, mean 0.03 %)."
    assert "rebuilt" not in made(tree).text
    tree.change("compare/summary.json", published_note=note)
    page = made(tree)
    # After the best published result in the summary, below both tables and below both figures.
    assert page.text.count(note) == 5


def test_the_source_of_a_rebuilt_test_set_shows_the_differences(tree):
    difference = {"targets": 919, "beyond": 3, "largest": 0.25, "mean": 0.001}
    split = json.loads((tree.root / "data/summary.json").read_text())["test"]
    split["source"] |= {"rebuilt": difference}
    tree.change("data/summary.json", test=split)
    assert (
        "compared with published largest relative difference 25 %, mean 0.1 %; 3 of 919 targets "
        "beyond 0.5 %" in made(tree).text
    )


@pytest.mark.parametrize(
    ("value", "low", "high", "sentence"),
    [
        (
            0.1,
            0.05,
            0.15,
            "is 0.100 higher than that of scan, a rival, over 5 targets (95 % interval "
            "of the difference: +0.050 to +0.150).",
        ),
        (
            -0.1,
            -0.15,
            -0.05,
            "is 0.100 lower than that of scan, a rival, over 5 targets (95 % "
            "interval of the difference: −0.150 to −0.050).",
        ),
        (
            0.0001,
            -0.1,
            0.1,
            "equals that of scan, a rival, over 5 targets (95 % interval of the "
            "difference: −0.100 to +0.100, includes 0).",
        ),
        (-0.2, math.nan, math.nan, "is 0.200 lower than that of scan, a rival, over 5 targets."),
    ],
)
def test_a_difference_has_a_direction_and_an_interval(value, low, high, sentence):
    row = {"other": "scan", "targets": 5, "mean_difference": value, "low": low, "high": high}
    assert difference("a rival", pd.Series(row)) == f"Its mean AUPR {sentence}"


def test_the_targets_of_highest_and_lowest_auprc_are_named(tree):
    auprc = [0.5, 0.9, 0.1, 0.7, 0.3, 0.2, 0.8, 0.95]
    metrics = pd.DataFrame({"name": list("abcdefgh"), "auprc": auprc, "test_positives": 9})
    metrics.loc[7, "test_positives"] = 4
    [model] = read_results(tree.root, ["small"]).models
    assert extremes(replace(model, metrics=metrics), least=5) == (
        "Of the targets with at least 5 positive test loci, small has the highest AUPR for "
        "b (0.900), g (0.800) and d (0.700), and the lowest for c (0.100), f (0.200) and e (0.300)."
    )
    assert extremes(replace(model, metrics=metrics[:6]), least=5) == ""


def test_agreement_with_planted_motifs_is_prominent(tree):
    assert "planted" not in made(tree).text
    tree.add_model("sure", mean_auprc=0.2, truth=0.95449)
    tree.rank("sure")
    text = made(tree, "sure").text
    assert "Grad-CAM planted AUROC 31 0.919 0.900 to —" in text
    assert "AUROC of Grad-CAM for planted motifs: 0.954" in text
    assert "averaged over 1 target." in text  # The other one has no positives.
    assert "Grad-CAM, planted motifs 0.954 AUROC per base position-matched control: 0.812" in text


def test_an_undefined_average_is_a_dash(tree):
    path = tree.root / "small/evaluation/summary.json"
    summary = json.loads(path.read_text())
    summary["all"]["auprc"] = dict.fromkeys(summary["all"]["auprc"])
    path.write_text(json.dumps(summary))
    assert "a mean AUPR of — over" in made(tree).text


def test_results_of_other_versions_are_listed(tree):
    assert "All results were computed with these versions." in made(tree).text
    path = tree.root / "small/explain/summary.json"
    summary = json.loads(path.read_text())
    path.write_text(json.dumps(summary | {"versions": {"torch": "1.0", "python": "3.2"}}))
    text = made(tree).text
    assert "small was explained with torch 1.0 and python 3.2." in text
    assert "computed with these versions" not in text
