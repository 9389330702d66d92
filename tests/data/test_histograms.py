"""Histograms of shares."""

import numpy as np
import pytest

from noncoding.data.histograms import mean_difference, share_bins, share_histogram


def test_bins_hold_their_lower_edges():
    percents = np.arange(101)
    # Integers: no rounding.
    assert share_bins(percents / 100).tolist() == [min(each // 2, 49) for each in percents]
    thousandths = np.arange(1001)
    assert share_bins(thousandths / 1000).tolist() == [min(each // 20, 49) for each in thousandths]


def test_unknown_values_are_left_out():
    found = share_histogram(np.array([0.0, np.nan, 0.019, 0.02, 1.0, np.nan]))
    assert {bin: number for bin, number in enumerate(found.tolist()) if number} == {
        0: 2,
        1: 1,
        49: 1,
    }


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([1, 1, 0, 0], [2, 2, 0, 0], 0.0),
        ([1, 0, 0, 0], [0, 0, 0, 7], 1.0),
        ([1, 1, 0, 0], [0, 3, 1, 0], 1 / 3),
        ([0, 0, 0, 0], [0, 3, 1, 0], None),
        ([0, 3, 1, 0], [0, 0, 0, 0], None),
    ],
)
def test_the_difference_is_the_mean_over_bins_that_hold_values(one, other, expected):
    assert mean_difference(np.array(one), np.array(other)) == pytest.approx(expected)
