"""Recall at false-discovery rates, calibration and co-occurrence against closed forms."""

import numpy as np
import pytest
from figure_checks import assert_legible, saved_by
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, precision_recall_curve

from noncoding.evaluation.calibration import (
    calibration,
    cooccurrence,
    draw_cooccurrence,
    drawable,
)
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


def test_calibration_error_is_what_was_planted():
    # 1,000 loci at 0.1, of which 300 are positive; 1,000 at 0.9, of which 900 are.
    scores = np.repeat([0.1, 0.9], 1000)
    labels = np.zeros(2000, np.uint8)
    labels[:300] = labels[1000:1900] = 1
    assert calibration_error(labels, scores) == pytest.approx((0.2 + 0) / 2)


def test_table_agrees_with_scikit_learn_and_leaves_nothing_to_say_empty():
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


def test_calibration_curve_of_honest_probabilities_is_the_diagonal():
    generator = np.random.default_rng(2)
    scores = generator.beta(0.3, 2, (40_000, 3))
    labels = (generator.random(scores.shape) < scores).astype(np.uint8)
    curve = calibration(labels, scores, [0, 2])
    assert curve.predictions.sum() == 80_000
    enough = curve.predictions > 500
    error = np.sqrt(curve.predicted * (1 - curve.predicted) / np.maximum(curve.predictions, 1))
    assert (np.abs(curve.observed - curve.predicted)[enough] < 4 * error[enough]).all()


def test_a_network_that_is_sure_of_itself_is_drawn_too():
    # 90 loci surely positive, 910 surely not, and 10 between, which are too few.
    scores = np.concatenate([np.full(90, 0.999), np.full(910, 1e-4), np.full(10, 0.5)])[:, None]
    labels = (scores > 0.9).astype(np.uint8)
    curve = calibration(labels, scores, [0])
    np.testing.assert_allclose(curve.predicted[drawable(curve)], [0.999])
    assert curve.observed[drawable(curve)].tolist() == [1]


def test_cooccurrence_is_the_correlation_of_labels(tmp_path):
    generator = np.random.default_rng(3)
    # Two targets share what drives them; the third is alone.
    shared = generator.random(50_000)
    scores = np.stack([0.5 * shared, 0.8 * shared, generator.random(50_000)], axis=1)
    labels = (generator.random(scores.shape) < scores).astype(np.uint8)
    pairs = cooccurrence(labels, scores, [0, 1, 2])
    expected = np.corrcoef(labels.T)[np.triu_indices(3, 1)]
    np.testing.assert_allclose(pairs.observed, expected, atol=1e-4)
    # Labels were drawn independently given the probabilities: both agree.
    np.testing.assert_allclose(pairs.predicted, expected, atol=0.02)
    assert expected[0] > 0.1
    [figure] = saved_by(draw_cooccurrence, pairs, tmp_path / "pairs.png")
    assert_legible(figure)
