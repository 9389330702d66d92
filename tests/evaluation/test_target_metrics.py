import json

import numpy as np
import pandas as pd
import pytest

from noncoding.evaluation.target_metrics import summarise, target_metrics

TABLE = pd.DataFrame(
    {
        "index": [0, 1, 2],
        "name": ["K562 CTCF", "K562 DNase", "K562 CTCF"],
        "group": ["TF", "DNase", "TF"],
        "cell_type": "K562",
        "peak_file": "a.bed",
        "test_positives": [900, 900, 900],
    }
)
LABELS = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0, 0]], dtype=np.uint8)
SCORES = np.array([[0.9, 0.9, 0.1], [0.5, 0.5, 0.1], [0.4, 0.4, 0.1], [0.1, 0.1, 0.1]])


def test_metrics_of_each_target():
    metrics = target_metrics(TABLE, LABELS, SCORES)
    assert list(metrics) == [
        *("index", "name", "group", "cell_type", "test_positives", "test_negatives"),
        *("prevalence", "auroc", "auprc", "auprc_over_prevalence"),
        *(f"recall_at_fdr_{rate}" for rate in (0.05, 0.1, 0.25, 0.5)),
        *("calibration_error", "accuracy"),
    ]
    assert metrics["name"].tolist() == ["K562 CTCF", "K562 DNase", "K562 CTCF"]
    # Counted in these labels; the table's counts are of another test set.
    assert metrics["test_positives"].tolist() == [2, 1, 0]
    assert metrics["test_negatives"].tolist() == [2, 3, 4]
    assert metrics["prevalence"].tolist() == [0.5, 0.25, 0]
    np.testing.assert_allclose(metrics["auroc"], [3 / 4, 2 / 3, np.nan])
    np.testing.assert_allclose(metrics["auprc"], [(1 + 2 / 3) / 2, 1 / 2, np.nan])
    np.testing.assert_allclose(metrics["auprc_over_prevalence"], [5 / 3, 2, np.nan])


def metrics_table():
    nan = np.nan
    return pd.DataFrame(
        {
            "index": [0, 1, 2, 3, 4],
            "name": ["a", "b", "c", "d", "e"],
            "group": ["TF", "TF", "DNase", "TF", "DNase"],
            "test_positives": [1, 20, 30, 0, 50],
            "test_negatives": [49, 30, 20, 50, 0],
            "auroc": [0.6, 0.8, 0.9, nan, nan],
            "auprc": [0.1, 0.2, 0.6, nan, nan],
            "prevalence": [0.02, 0.4, 0.6, 0.0, 1.0],
            "accuracy": [0.9, 0.6, 0.9, nan, nan],
            "calibration_error": [0.1, 0.2, 0.3, nan, nan],
        }
    )


def test_averages_by_hand():
    summary = summarise(metrics_table(), np.array([10, 30, 60, 5, 1000]), 20)
    everything = summary["all"]
    assert (everything["targets"], everything["averaged"]) == (5, 3)
    assert everything["left_out"] == {
        "number": 2,
        "no_positives": [{"index": 3, "name": "d"}],
        "no_negatives": [{"index": 4, "name": "e"}],
    }
    assert everything["auroc"] == pytest.approx(
        {"mean": 2.3 / 3, "median": 0.8, "prevalence_weighted_mean": 0.06 + 0.24 + 0.54}
    )
    assert everything["auprc"] == pytest.approx(
        {"mean": 0.3, "median": 0.2, "prevalence_weighted_mean": 0.01 + 0.06 + 0.36}
    )
    assert everything["accuracy"] == pytest.approx(0.8)
    assert everything["accuracy_if_never_positive"] == pytest.approx((0.98 + 0.6 + 0.4) / 3)
    assert everything["calibration_error"] == pytest.approx(0.2)
    assert list(summary["groups"]) == ["TF", "DNase"]
    factors = summary["groups"]["TF"]
    assert (factors["targets"], factors["averaged"]) == (3, 2)
    assert factors["auprc"] == pytest.approx(
        {"mean": 0.15, "median": 0.15, "prevalence_weighted_mean": (1 + 6) / 40}
    )
    frequent = summary["with_min_positives"]
    assert summary["min_positives"] == 20
    assert (frequent["targets"], frequent["averaged"]) == (3, 2)
    assert frequent["left_out"]["no_negatives"] == [{"index": 4, "name": "e"}]
    assert frequent["auroc"]["mean"] == pytest.approx(0.85)


def test_targets_without_metrics_are_told_apart_by_all_targets():
    table = metrics_table().assign(name=["d", "b", "c", "d", "e"], cell_type=list("vwxyz"))
    summary = summarise(table, np.ones(5), 20)
    for averages in (summary["all"], *summary["groups"].values()):
        for left_out in averages["left_out"]["no_positives"]:
            assert left_out == {"index": 3, "name": "d (y)"}
    assert summary["all"]["left_out"]["no_positives"]


def test_a_group_without_metrics_has_null_averages():
    metrics = metrics_table().assign(group=["TF", "TF", "DNase", "Histone", "Histone"])
    summary = summarise(metrics, np.ones(5, dtype=np.int64), 100)
    nothing = {"mean": None, "median": None, "prevalence_weighted_mean": None}
    for averages in (summary["groups"]["Histone"], summary["with_min_positives"]):
        assert averages["averaged"] == 0
        assert averages["auroc"] == averages["auprc"] == nothing
    assert "NaN" not in json.dumps(summary, allow_nan=False)


def test_without_training_positives_there_is_no_weighted_mean():
    summary = summarise(metrics_table(), np.zeros(5, dtype=np.int64), 1)
    assert summary["all"]["auroc"]["prevalence_weighted_mean"] is None
    assert summary["all"]["auroc"]["mean"] == pytest.approx(2.3 / 3)


def test_the_order_of_rows_does_not_pair_weights_with_other_targets():
    metrics, weights = metrics_table(), np.array([10, 30, 60, 5, 1000])
    turned = metrics.iloc[::-1]
    assert summarise(turned, weights[::-1], 5)["all"]["auroc"] == pytest.approx(
        summarise(metrics, weights, 5)["all"]["auroc"]
    )
