import numpy as np
import pandas as pd
import pytest
from figure_checks import LONG_NAME, assert_legible, elements, saved_by

from noncoding.evaluation.comparison_figures import (
    draw_ranking,
    draw_sweep,
    draw_versus,
    ranking_finding,
    sweep_finding,
    versus_finding,
)
from noncoding.evaluation.seeds import means_over_seeds

GROUPS = ["transcription factor", "DNase I hypersensitive site", "histone modification"]


@pytest.mark.parametrize("count", [1, 2, 9])
def test_figures_of_many_classifiers_with_long_names_are_legible(tmp_path, count):
    generator = np.random.default_rng(0)
    names = [f"{LONG_NAME} {number}" for number in range(count)]
    falling = np.arange(count) * 0.001
    ranks = pd.DataFrame({"subset": "", "classifier": names, "kind": "model", "targets": 30})
    for average, best in (("mean_auprc", 0.4), ("median_auroc", 0.95)):
        ranks[average] = best - falling
        ranks[f"{average}_low"], ranks[f"{average}_high"] = best - falling - 0.01, best + 0.01
    targets = pd.DataFrame({"index": range(600), "group": GROUPS * 200})
    metrics = pd.DataFrame(
        [
            {"index": index, "classifier": name, "auprc": generator.random()}
            for index in range(600)
            for name in ("best", *names)
        ]
    )
    pairs = pd.DataFrame({"other": names, "targets": 600, "wins": 400, "ties": 0})
    [ranking] = saved_by(draw_ranking, ranks, tmp_path / "ranking.svg")
    [versus] = saved_by(draw_versus, "best", pairs, metrics, targets, tmp_path / "versus.svg")
    assert_legible(ranking)
    assert_legible(versus)
    assert elements(tmp_path / "versus.svg") < 3000
    rows = [" ".join(text.get_text().split()) for text in ranking.axes[0].get_yticklabels()]
    assert rows == names
    labels = [axes.get_xlabel() for axes in versus.axes]
    assert [label[-8:] for label in labels] == [name[-8:] for name in names]


@pytest.mark.parametrize(
    ("wins", "ties", "finding"),
    [
        ([8, 6], [0, 0], "small has a higher AUPR than each other classifier on every target"),
        (
            [7, 3],
            [0, 1],
            "small has the higher AUPR on more targets than each other classifier closest: "
            "motif scan, 3 against 2 of 6 targets",
        ),
        # The margin counts, not the number of wins.
        ([4, 3], [0, 2], "small and GC content each have the higher AUPR on 4 of 8 targets"),
        ([8, 2], [0, 0], "motif scan has a higher AUPR than small on 4 of 6 targets"),
    ],
)
def test_the_title_names_who_has_the_higher_auprc_on_more_targets(wins, ties, finding):
    pairs = {"other": ["GC content", "motif scan"], "targets": [8, 6], "wins": wins, "ties": ties}
    assert " ".join(versus_finding("small", pd.DataFrame(pairs))).strip() == finding


@pytest.mark.parametrize(
    ("means", "finding", "details"),
    [
        ([0.4, 0.3, 0.2], "a has the highest mean AUPR, 0.400", "over 8 targets; next is b, 0.300"),
        (
            [0.4, 0.4, 0.2],
            "a and b have the highest mean AUPR, 0.400",
            "over 8 targets; next is c, 0.200",
        ),
        ([0.5, 0.5, 0.5], "a, b and c have the highest mean AUPR, 0.500", "over 8 targets"),
    ],
)
def test_classifiers_that_are_equally_good_share_the_title(means, finding, details):
    ranks = pd.DataFrame({"subset": "", "classifier": list("abc"), "targets": 8})
    assert ranking_finding(ranks.assign(mean_auprc=means)) == (finding, details)


def test_classifiers_of_some_targets_are_ranked_below_the_others(tmp_path):
    averages = {
        f"{average}{limit}": 0.5
        for average in ("mean_auprc", "median_auroc")
        for limit in ("", "_low", "_high")
    }
    ranks = pd.DataFrame(
        {
            "subset": ["", "", *["motif scan"] * 3],
            "classifier": ["small", "GC content", "small", "motif scan", "GC content"],
            "kind": ["model", "baseline", "model", "baseline", "baseline"],
            "targets": [8, 8, 6, 6, 6],
        }
    ).assign(**averages)
    [figure] = saved_by(draw_ranking, ranks, tmp_path / "ranking.svg")
    assert_legible(figure)
    labels = sorted(figure.axes[0].get_yticklabels(), key=lambda label: label.get_position()[1])
    assert [label.get_text() for label in labels] == [
        *("small", "GC content", "6 targets with motif scan:"),
        *("small", "motif scan", "GC content"),
    ]


def test_the_figure_of_a_sweep_is_legible_and_names_the_best_model(tmp_path):
    generator = np.random.default_rng(0)
    runs = pd.DataFrame(
        [
            {"dataset": dataset, "model": model, "auprc": mean + 0.01 * noise, "auroc": 0.9}
            for dataset in ("yeast", "simulated")
            for model, mean in (("small", 0.3), ("large", 0.4))
            for noise in generator.normal(size=3)
        ]
    )
    means = means_over_seeds(runs)
    [figure] = saved_by(draw_sweep, runs, means, tmp_path / "sweep.svg")
    assert_legible(figure)
    finding, details = sweep_finding(means)
    assert finding == "large has the highest mean AUPR on both datasets"
    for dataset in ("yeast", "simulated"):
        best = runs.query("dataset == @dataset and model == 'large'")["auprc"]
        assert f"{dataset}: large {best.mean():.3f} ± {best.std():.3f}" in details


@pytest.mark.parametrize(
    ("auprc", "finding"),
    [
        ([0.4], "Mean AUPR of a is 0.400"),
        ([0.4, 0.3], "a has the highest mean AUPR"),
        ([0.4, 0.3, 0.2, 0.5], "The model with the highest mean AUPR differs between datasets"),
    ],
)
def test_the_title_of_a_sweep(auprc, finding):
    rows = [{"dataset": n // 2, "model": "ab"[n % 2], "auprc": a} for n, a in enumerate(auprc)]
    assert sweep_finding(pd.DataFrame(rows).assign(auprc_sd=np.nan))[0] == finding
