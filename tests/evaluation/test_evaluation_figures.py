import numpy as np
import pandas as pd
import pytest
from figure_checks import LONG_NAME, assert_legible, saved_by
from scipy.special import expit

from noncoding.common.plot_style import COLOURS
from noncoding.evaluation.curves import named_targets, representative_targets
from noncoding.evaluation.figures import (
    curves_finding,
    draw_calibration,
    draw_curves,
    draw_groups,
    draw_prevalence,
    groups_finding,
    prevalence_finding,
    spread,
)
from noncoding.evaluation.target_metrics import target_metrics

NAN = np.nan
METRICS = pd.DataFrame(
    {
        "index": range(5),
        "name": list("abcde"),
        "group": ["TF", "TF", "DNase", "Histone", "TF"],
        "prevalence": [0.1, 0.1, 0.2, 0.5, 0],
        "auroc": [0.9, 0.7, 0.95, 0.6, NAN],
        "auprc": [0.4, 0.3, 0.6, 0.45, NAN],
        "auprc_over_prevalence": [4, 3, 3, 0.9, NAN],
    }
)
GROUPS = ["transcription factor", "DNase I hypersensitive site", "histone modification"]


def example(count, loci=2000):
    """Targets with long names in three groups: their metrics, labels and scores."""
    generator = np.random.default_rng(0)
    table = pd.DataFrame({"index": range(count)})
    table["name"] = [f"{LONG_NAME} {number}" for number in range(count)]
    table["group"] = [GROUPS[number % 3] for number in range(count)]
    labels = (generator.random((loci, count)) < 0.1).astype(np.uint8)
    scores = expit(generator.normal(size=labels.shape) + labels * generator.uniform(0, 2, count))
    return target_metrics(table, labels, scores), labels, scores


@pytest.mark.parametrize("count", [1, 30, 300])
def test_figures_of_many_targets_with_long_names_are_legible(tmp_path, count):
    metrics, labels, scores = example(count)
    chosen, path = representative_targets(metrics, 5), tmp_path / "one.svg"
    [curves] = saved_by(draw_curves, chosen, labels, scores, path)
    for figure in (
        curves,
        *saved_by(draw_groups, metrics, path),
        *saved_by(draw_prevalence, metrics, path),
        *saved_by(draw_calibration, metrics, labels, scores, path),
    ):
        assert_legible(figure)
    legend = [text.get_text() for text in curves.legends[0].get_texts()]
    for text, (_, target) in zip(legend, chosen.iterrows(), strict=True):
        assert text.startswith(f"{target['role']}: ")
        assert f"AUROC {target['auroc']:.3f}, AUPR {target['auprc']:.3f}" in text
        # The end of a long name distinguishes it from others.
        assert f" None {target['index']} — AUROC" in text


@pytest.mark.parametrize(("loci", "drawn"), [(43, False), (2000, True)])
def test_a_calibration_figure_without_points_says_why(tmp_path, loci, drawn):
    [figure] = saved_by(draw_calibration, *example(2, loci), tmp_path / "one.svg")
    assert any("too few test loci" in text.get_text() for text in figure.axes[0].texts) != drawn
    assert_legible(figure)


def test_the_title_of_groups_names_the_best_and_the_worst():
    assert groups_finding(METRICS) == (
        "The median AUROC of 4 targets is 0.800",
        "median AUPR 0.425; by group, the median AUROC is highest for DNase (0.950) and lowest "
        "for Histone (0.600); 1 target without positives or without negatives not shown",
    )
    finding, details = groups_finding(METRICS[:1])
    assert finding == "The median AUROC of 1 target is 0.900"
    assert details == "median AUPR 0.400"


def test_the_title_of_prevalence_counts_targets_better_than_random():
    assert prevalence_finding(METRICS) == (
        "AUPR exceeds that of a random classifier for 3 of 4 targets",
        "median ratio of AUPR to prevalence 3",
    )


def test_the_title_of_curves_gives_the_range():
    metrics = METRICS.assign(test_positives=9, test_negatives=9)
    assert curves_finding(named_targets(metrics, ["a", "c", "b"])) == (
        "AUPR is between 0.300 and 0.600",
        "lowest for b, highest for c",
    )
    assert curves_finding(named_targets(metrics, ["c"])) == (
        "AUPR of c is 0.600",
        "3 times its prevalence",
    )
    equal = named_targets(metrics.assign(auprc=0.5), ["a", "c"])
    assert curves_finding(equal) == ("AUPR is 0.500 for each of 2 targets", "")


def test_every_scored_target_is_one_point(tmp_path):
    """No point is drawn for a NaN; the ``use`` elements of points share a marker."""
    path = tmp_path / "figure.svg"
    points = []
    for count in (40, 41):
        table = pd.DataFrame({"group": "TF", "auroc": np.linspace(0.5, 1, count)})
        draw_groups(table.assign(auprc=table["auroc"]), path)
        points.append(path.read_text().count("<use "))
    assert points[1] == points[0] + 2


def test_a_group_keeps_its_colour_when_another_has_no_metrics(tmp_path):
    first, second = METRICS[:1].assign(auroc=NAN), METRICS[2:3]
    draw_groups(pd.concat([first, second]), tmp_path / "figure.svg")
    text = (tmp_path / "figure.svg").read_text().lower()
    assert COLOURS[1].lower() in text
    assert COLOURS[0].lower() not in text


def test_points_of_equal_value_are_separated():
    offsets = spread(np.full(100, 0.5))
    assert len(np.unique(offsets.round(6))) == 100
    assert np.abs(offsets).max() <= 0.5
    assert np.abs(spread(np.array([0.0, 0.5, 1.0]))).max() <= 0.05


def test_curves_of_many_loci_are_small(tmp_path):
    metrics, labels, scores = example(3, loci=30_000)
    path = tmp_path / "curves.svg"
    draw_curves(representative_targets(metrics, 5), labels, scores, path)
    assert path.stat().st_size < 200_000
