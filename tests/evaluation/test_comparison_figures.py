"""Figures of a comparison with awkward classifiers: every text is whole and apart."""

import numpy as np
import pandas as pd
import pytest
from figure_checks import assert_legible, saved_by

from noncoding.evaluation.comparison_figures import draw_ranking, draw_versus, versus_finding

GROUPS = ["transcription factor", "DNase I hypersensitive site", "histone modification"]


@pytest.mark.parametrize("count", [1, 2, 9])
def test_long_names_and_many_classifiers_leave_the_figures_legible(tmp_path, count):
    generator = np.random.default_rng(0)
    names = [f"hybrid with a long name, number {number}" for number in range(count)]
    falling = np.arange(count) * 0.001
    ranks = pd.DataFrame({"classifier": names, "kind": "model", "targets": 30})
    for average, best in (("mean_auprc", 0.4), ("median_auroc", 0.95)):
        ranks[average] = best - falling
        ranks[f"{average}_low"], ranks[f"{average}_high"] = best - falling - 0.01, best + 0.01
    targets = pd.DataFrame({"index": range(30), "group": [GROUPS[row % 3] for row in range(30)]})
    metrics = pd.DataFrame(
        [
            {"index": index, "classifier": name, "auprc": generator.random()}
            for index in range(30)
            for name in ("best", *names)
        ]
    )
    pairs = pd.DataFrame({"other": names, "targets": 30, "wins": 20})
    [ranking] = saved_by(draw_ranking, ranks, tmp_path / "ranking.svg")
    [versus] = saved_by(draw_versus, "best", pairs, metrics, targets, tmp_path / "versus.svg")
    assert_legible(ranking)
    assert_legible(versus)
    assert [text.get_text() for text in ranking.axes[0].get_yticklabels()] == names
    labels = [axes.get_xlabel() for axes in versus.axes]
    assert [label[-8:] for label in labels] == [name[-8:] for name in names]


@pytest.mark.parametrize(
    ("wins", "finding"),
    [
        ([8, 6], "small has a higher AUPR than each other classifier on every target"),
        (
            [8, 3],
            "small has a higher AUPR than each other classifier on at least 50% of the targets "
            "(3 of 6, against motif scan)",
        ),
    ],
)
def test_the_title_names_the_closest_classifier_if_there_is_one(wins, finding):
    pairs = pd.DataFrame({"other": ["GC content", "motif scan"], "targets": [8, 6], "wins": wins})
    assert versus_finding("small", pairs) == finding
