import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from noncoding.common.errors import InputError
from noncoding.evaluation import metrics
from noncoding.evaluation.metrics import auroc_and_average_precision, rank


def reference(labels, scores):
    """Both metrics of each target by scikit-learn; NaN where one class is missing."""
    both = np.full((2, labels.shape[1]), np.nan)
    for target in range(labels.shape[1]):
        truth, score = labels[:, target], scores[:, target]
        if 0 < truth.sum() < len(truth):
            both[:, target] = roc_auc_score(truth, score), average_precision_score(truth, score)
    return both


def check(labels, scores, threads=1):
    found = auroc_and_average_precision(labels, scores, threads)
    np.testing.assert_allclose(found, reference(labels, scores), rtol=0, atol=1e-12)


@given(
    seed=st.integers(0, 2**32 - 1),
    loci=st.integers(1, 300),
    targets=st.integers(1, 5),
    distinct=st.sampled_from([1, 2, 5, 50, None]),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_metrics_are_those_of_scikit_learn(seed, loci, targets, distinct, dtype):
    generator = np.random.default_rng(seed)
    prevalence = generator.random(targets)
    labels = (generator.random((loci, targets)) < prevalence).astype(np.uint8)
    scores = generator.random((loci, targets))
    if distinct is not None:
        scores = np.floor(scores * distinct) / distinct
    check(labels, scores.astype(dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_positive_at_every_rank(dtype):
    scores = np.repeat(np.linspace(0, 1, 9, dtype=dtype)[:, None], 9, axis=1)
    check(np.eye(9, dtype=np.uint8), scores)


def test_neighbouring_float32_scores_are_not_tied():
    low = np.float32(0.9)
    high = np.nextafter(low, np.float32(1))
    labels = np.array([[1], [0]], dtype=np.uint8)
    for first, second, expected in ((high, low, 1), (low, high, 0)):
        auroc, _ = auroc_and_average_precision(labels, np.array([[first], [second]]))
        assert auroc == expected


def test_scores_beyond_probabilities_and_of_both_signs():
    scores = np.array([[-3.0], [-0.0], [0.0], [1e30]])
    check(np.array([[0], [1], [0], [1]], dtype=np.uint8), scores)


@pytest.mark.parametrize("label", [0, 1])
def test_metrics_of_one_class_are_nan(label):
    labels = np.full((4, 2), label, dtype=np.uint8)
    labels[0, 1] = 1 - label
    scores = np.random.default_rng(1).random((4, 2))
    found = auroc_and_average_precision(labels, scores)
    assert np.isnan(found).tolist() == [[True, False], [True, False]]


def test_metrics_without_loci_are_nan():
    nothing = np.empty((0, 3))
    assert np.isnan(auroc_and_average_precision(nothing.astype(np.uint8), nothing)).all()


def test_constant_scores_give_one_half_and_the_prevalence():
    labels = np.array([[1], [0], [0], [0]], dtype=np.uint8)
    scores = np.full((4, 1), 0.3, dtype=np.float32)
    auroc, average_precision = auroc_and_average_precision(labels, scores)
    assert (auroc.tolist(), average_precision.tolist()) == ([0.5], [0.25])


def test_threads_change_nothing():
    generator = np.random.default_rng(5)
    # More targets than are copied at a time, and not a multiple of them.
    labels = generator.integers(0, 2, (40, 37), dtype=np.uint8)
    scores = generator.integers(0, 9, (40, 37)) / 9
    for threads in (1, 3):
        check(labels, scores, threads)


def test_inputs_are_not_modified():
    generator = np.random.default_rng(3)
    labels, scores = generator.integers(0, 2, (50, 3), dtype=np.uint8), generator.random((50, 3))
    before = labels.copy(), scores.copy()
    auroc_and_average_precision(labels, scores)
    np.testing.assert_array_equal(labels, before[0])
    np.testing.assert_array_equal(scores, before[1])


def test_ranking_is_scikit_learns_curve():
    generator = np.random.default_rng(4)
    labels = generator.integers(0, 2, 200, dtype=np.uint8)
    scores = generator.integers(0, 30, 200) / 30
    ranking = rank(labels, scores)
    precision, recall, _ = precision_recall_curve(labels, scores)
    np.testing.assert_allclose(ranking.precision, precision[-2::-1])
    np.testing.assert_allclose(ranking.true_positives / ranking.positives, recall[-2::-1])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_score_that_is_not_finite_is_refused(value):
    scores = np.zeros((100, 7))
    scores[41, 3] = value
    with pytest.raises(InputError, match="finite"):
        auroc_and_average_precision(np.zeros((100, 7), np.uint8), scores)


def test_examples_in_the_docstrings():
    assert doctest.testmod(metrics) == (0, 2)
