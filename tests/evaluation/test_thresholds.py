import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, precision_recall_curve

from noncoding.evaluation.thresholds import (
    FALSE_DISCOVERY_RATES,
    calibration_error,
    recall_at,
    threshold_metrics,
)


@given(st.data())
def test_recall_is_that_of_scikit_learns_curve(data):
    size = data.draw(st.integers(2, 60))
    labels = np.array(data.draw(st.lists(st.integers(0, 1), min_size=size, max_size=size)), "u1")
    labels[0] = 1
    # Few values, so that ties are common.
    scores = np.array(data.draw(st.lists(st.integers(0, 6), min_size=size, max_size=size))) / 6
    precision, recall, _ = precision_recall_curve(labels, scores)
    expected = [
        max(recall[:-1][precision[:-1] >= 1 - rate - 1e-12], default=0)
        for rate in FALSE_DISCOVERY_RATES
    ]
    assert recall_at(FALSE_DISCOVERY_RATES, labels, scores) == pytest.approx(expected)


def test_calibration_error_by_hand():
    # 1,000 loci at 0.1, of which 300 are positive; 1,000 at 0.9, of which 900 are.
    scores = np.repeat([0.1, 0.9], 1000)
    labels = np.zeros(2000, np.uint8)
    labels[:300] = labels[1000:1900] = 1
    assert calibration_error(labels, scores) == pytest.approx((0.2 + 0) / 2)


def test_the_table_agrees_with_scikit_learn_and_is_nan_without_positives():
    generator = np.random.default_rng(1)
    scores = generator.random((400, 3)).astype(np.float32)
    labels = (generator.random((400, 3)) < scores).astype(np.uint8)
    labels[:, 2] = 0
    table = threshold_metrics(labels, scores, threads=2)
    for target in range(2):
        expected = accuracy_score(labels[:, target], scores[:, target] > 0.5)
        assert table["accuracy"][target] == pytest.approx(expected)
    assert table.loc[2].isna().all()
    assert (table.loc[:1, "calibration_error"] < 0.15).all()
