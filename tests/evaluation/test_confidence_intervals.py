import doctest

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import t

from noncoding.evaluation import confidence_intervals
from noncoding.evaluation.confidence_intervals import (
    degrees_of_freedom,
    difference_interval,
    logit_interval,
)


def test_an_interval_is_students_t_on_the_logit_scale():
    replicates = expit(np.array([[-1.0, 0.0], [0.0, 1.0], [1.0, 5.0]]))
    low, high = logit_interval(np.array([0.5, 0.9]), replicates, np.array([4.0, 0.5]))
    reach = t.ppf(0.975, [4.0, 0.5]) * [1.0, np.std([0, 1, 5], ddof=1)]
    np.testing.assert_allclose(low, expit(logit([0.5, 0.9]) - reach))
    np.testing.assert_allclose(high, expit(logit([0.5, 0.9]) + reach))


@pytest.mark.parametrize(
    ("estimate", "replicates", "degrees"),
    [(0.3, [0.2, np.nan], 9), (1.0, [0.9, 0.8], 9), (0.5, [0.4, 0.6], 0)],
)
def test_there_is_no_interval_without_a_spread_or_degrees_of_freedom(estimate, replicates, degrees):
    replicates = np.array(replicates)[:, None]
    assert np.isnan(logit_interval(np.array([estimate]), replicates, np.array([degrees]))).all()


def test_degrees_of_freedom_weight_blocks_by_their_counts():
    # Five blocks: equal shares; one block with half of all; one positive block; no positive.
    positives = np.array([[2, 4, 3, 0], [2, 1, 0, 0], [2, 1, 0, 0], [2, 1, 0, 0], [2, 1, 0, 0]])
    loci = np.full(5, 20)
    expected = [5 - 1, 8**2 / (4**2 + 4) - 1, 1 - 1, np.nan]
    np.testing.assert_allclose(degrees_of_freedom(positives, loci), expected)
    # The rarer class decides: the same values with the classes exchanged.
    np.testing.assert_allclose(degrees_of_freedom(loci[:, None] - positives, loci), expected)


def test_a_difference_is_tested_by_students_t():
    found = difference_interval(0.3, np.array([0.1, np.nan, 0.3, 0.5]), 7.5)
    assert found.p_value == pytest.approx(2 * t.sf(0.3 / 0.2, 7.5))
    reach = t.ppf(0.975, 7.5) * 0.2
    assert [found.low, found.high] == pytest.approx([0.3 - reach, 0.3 + reach])
    assert np.isnan(difference_interval(0.3, np.array([np.nan, 0.1]), 9)).all()
    assert np.isnan(difference_interval(0.3, np.array([0.1, 0.2]), 0)).all()


def test_examples_in_the_docstrings():
    assert doctest.testmod(confidence_intervals) == (0, 1)
