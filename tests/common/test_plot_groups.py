import numpy as np
import pandas as pd
import pytest
from PIL import Image

from noncoding.common.plot_style import COLOURS
from noncoding.evaluation.figures import (
    draw_groups,
    draw_prevalence,
    groups_finding,
    prevalence_finding,
    spread,
)

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


def many(targets, groups):
    generator = np.random.default_rng(1)
    prevalence = generator.uniform(0.001, 0.2, targets)
    auprc = generator.uniform(prevalence, 1)
    return pd.DataFrame(
        {
            "index": range(targets),
            "name": [f"target {i}" for i in range(targets)],
            "group": [f"group {i % groups}" for i in range(targets)],
            "prevalence": prevalence,
            "auroc": generator.uniform(0.4, 1, targets),
            "auprc": auprc,
            "auprc_over_prevalence": auprc / prevalence,
        }
    )


def test_groups_title_names_best_and_worst():
    assert groups_finding(METRICS) == (
        "Median AUROC 0.800 and AUPR 0.425 over 4 targets; by group, the median AUROC is highest "
        "for DNase (0.950) and lowest for Histone (0.600)"
    )


def test_groups_title_of_one_group_compares_nothing():
    assert groups_finding(METRICS[:1]) == "Median AUROC 0.900 and AUPR 0.400 over 1 target"


def test_prevalence_title_counts_what_beats_random():
    assert prevalence_finding(METRICS) == (
        "In the median, AUPR is 3 × the prevalence; 3 of 4 targets beat random"
    )


@pytest.mark.parametrize("draw", [draw_groups, draw_prevalence])
@pytest.mark.parametrize(("targets", "groups"), [(1, 1), (3, 1), (3, 3), (200, 11)])
def test_figures_of_any_number_of_targets(tmp_path, draw, targets, groups):
    vector, raster = tmp_path / "figure.svg", tmp_path / "figure.png"
    metrics = many(targets, groups)
    draw(metrics, vector, raster)
    text = vector.read_text()
    finding = groups_finding(metrics) if draw is draw_groups else prevalence_finding(metrics)
    assert finding[:40] in text
    with Image.open(raster) as image:
        assert len(set(image.convert("L").resize((50, 50)).tobytes())) > 2


def test_every_scored_target_is_one_point(tmp_path):
    """Their ``use`` elements share a marker, and no point is drawn for a NaN."""
    vector = tmp_path / "figure.svg"
    draw_groups(many(40, 1), vector)
    forty = vector.read_text().count("<use ")
    draw_groups(many(41, 1), vector)
    assert vector.read_text().count("<use ") == forty + 2


def test_a_group_keeps_its_colour_when_another_has_no_metrics(tmp_path):
    first, second = METRICS[:1].assign(auroc=NAN), METRICS[2:3]
    draw_groups(pd.concat([first, second]), tmp_path / "figure.svg")
    text = (tmp_path / "figure.svg").read_text().lower()
    assert COLOURS[1].lower() in text
    assert COLOURS[0].lower() not in text


def test_points_of_equal_value_lie_apart_and_lone_ones_do_not_stray():
    offsets = spread(np.full(100, 0.5))
    assert len(np.unique(offsets.round(6))) == 100
    assert np.abs(offsets).max() <= 0.5
    assert np.abs(spread(np.array([0.0, 0.5, 1.0]))).max() <= 0.05
