"""What the figures say, and that they are drawn."""

import numpy as np
import pandas as pd
import pytest
from made_up import made_up

from noncoding.explain.faithfulness_figure import draw_faithfulness, faithfulness_finding
from noncoding.explain.figures import (
    draw_sequence,
    draw_summary,
    sequence_finding,
    summary_finding,
)


def peaked(at, length=400):
    """A map with a peak."""
    heights = np.zeros((2, length), np.float32)
    heights[:, at : at + 8] = 1
    return heights


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "No motif is known"),
        ({"motif": "M"}, "This sequence holds no match of M"),
        ({"motif": "M", "hits": [[(98, 110)], []]}, "1 of 2 methods have their strongest 40 bp"),
        ({"sites": [[(98, 110), (296, 312)], []]}, "2 of 2 methods have their strongest 40 bp on"),
    ],
)
def test_a_figure_of_a_sequence_says_what_the_maps_point_to(changes, told):
    target = made_up(length=400, maps={"hirescam": peaked(100), "gradient": peaked(300)}, **changes)
    assert told in sequence_finding(target, 0)


def test_a_summary_says_how_much_lies_in_the_bin_or_on_the_truth():
    target = made_up(length=400, bin=20, maps={"gradcam": peaked(192)})
    assert summary_finding(target).startswith("Reb1: 100% of Grad-CAM lies in the 20-bp bin")
    there = made_up(length=400, maps={"gradcam": peaked(100)}, sites=[[(100, 108)], []])
    assert "Grad-CAM finds the planted motifs, per-base AUROC 1.00" in summary_finding(there)
    elsewhere = made_up(length=400, maps={"gradcam": peaked(100)}, sites=[[(200, 208)], []])
    assert "often misses" in summary_finding(elsewhere)


@pytest.mark.parametrize("resolution", [True, False])
def test_figures_are_drawn(tmp_path, resolution):
    changes = {} if resolution else {"resolution": None, "maps": {"gradient": peaked(10, 40)}}
    target = made_up(**changes, motif="M", hits=[[(3, 12)], []], sites=[[(3, 12)], []])
    paths = [tmp_path / "one.svg", tmp_path / "one.png"]
    draw_sequence(target, 0, *paths)
    draw_summary(target, *[path.with_stem("mean") for path in paths])
    assert all(path.stat().st_size for path in tmp_path.iterdir())
    assert len(list(tmp_path.iterdir())) == 4


def checks(values):
    rows = [
        {"method": method, "check": "deletion, beyond random", "value": value}
        for method, value in values.items()
    ]
    return pd.DataFrame(rows).assign(index=None, target="all", sequences=3, low=0.1, high=0.9)


def test_the_figure_of_the_checks_names_the_best_and_the_worst(tmp_path):
    table = checks({"gradcam": 0.2, "hirescam": 0.7})
    found = faithfulness_finding(table)
    assert "HiResCAM matter most" in found and "70%" in found and "Grad-CAM (20%)" in found
    assert "No check" in faithfulness_finding(table[table["method"] == "none"])
    curves = pd.DataFrame(
        {
            "target": "a",
            "order": ["gradcam", "gradcam", "random", "random"] * 2,
            "kind": ["deletion"] * 4 + ["insertion"] * 4,
            "share": [0, 0.1] * 4,
            "worth": [1, 0.2, 1, 0.9, 0, 0.7, 0, 0.1],
        }
    )
    paths = [tmp_path / "checks.svg", tmp_path / "checks.png"]
    draw_faithfulness(table, curves, *paths)
    assert all(path.stat().st_size for path in paths)
