"""Checks of maps against planted truths of known answer."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from noncoding.explain.faithfulness import faithfulness_table, planted_checks
from noncoding.explain.figures import ExplainedTarget


def explained(gradcam, hirescam, sites, name="A"):
    return ExplainedTarget(
        name=name,
        length=8,
        bin=4,
        probabilities=np.ones(len(gradcam), np.float32),
        places=["here"] * len(gradcam),
        gradcam=np.array(gradcam, np.float32),
        hirescam=np.array(hirescam, np.float32),
        windows=[],
        effects=[],
        sites=sites,
        truth_auroc=np.nan,
    )


def test_maps_that_point_there_and_elsewhere():
    # Two positions of 4 bp each; planted: the first half, then the second two bases.
    target = explained([[1, 0], [1, 0]], [[0, 1], [1, 0]], [[(0, 4)], [(0, 2)]])
    table = faithfulness_table(planted_checks(target))
    of = table.set_index(["method", "check", "target"])["value"]
    # Half of the marked bases are planted in the second sequence: 2 of 2, against 4 of 6 unmarked.
    second = (1 + 4 / 6 - 2 / 6) / 2 + 1 / 6
    assert of["gradcam", "planted AUROC", "A"] == pytest.approx((1 + second) / 2)
    assert of["hirescam", "planted AUROC", "A"] == pytest.approx((0 + second) / 2)
    precision = average_precision_score([1, 1, 0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 0, 0, 0, 0])
    assert of["gradcam", "planted AUPR", "A"] == pytest.approx((1 + precision) / 2)
    assert of["gradcam", "planted AUPR", "all"] == of["gradcam", "planted AUPR", "A"]


def test_means_are_over_targets():
    sites = [[(0, 4)]] * 3
    rows = planted_checks(explained([[1, 0]] * 3, [[1, 0]] * 3, sites))
    rows += planted_checks(explained([[0, 1]] * 3, [[1, 0]] * 3, sites, name="B"))
    table = faithfulness_table(rows).set_index(["method", "check", "target"])
    row = table.loc[("gradcam", "planted AUROC", "all")]
    assert (row["value"], row["low"], row["high"], row["loci"]) == (0.5, 0, 1, 6)
    assert table.loc[("hirescam", "planted AUROC", "B"), "low"] == 1


def test_without_a_planted_truth_there_is_no_row():
    table = faithfulness_table(planted_checks(explained([[1, 0]], [[1, 0]], [[]])))
    assert table.empty
