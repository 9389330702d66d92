"""Strongest windows and shares of maps."""

import numpy as np
import pytest

from noncoding.attribution.target_attributions import contains, share_in_bin, strongest_window


@pytest.mark.parametrize("noise", [0, 0.02])
def test_the_strongest_window_is_centred_on_the_peak(noise):
    bases = noise * np.random.default_rng(0).random(1000)
    bases[400:410] += 1
    start, end = strongest_window(bases, 60)
    assert end - start == 60
    assert abs((start + end) / 2 - 405) <= 2


def test_a_peak_at_the_edge_is_in_the_first_window():
    bases = np.zeros(1000)
    bases[:5] = 1
    assert strongest_window(bases, 60)[0] == 0
    assert strongest_window(bases[:40], 60) == (0, 40)


@pytest.mark.parametrize(
    ("matches", "expected"),
    [([(0, 5), (5, 15)], True), ([(15, 24)], True), ([(15, 25), (0, 19)], False), ([], False)],
)
def test_a_window_contains_a_match_with_its_centre(matches, expected):
    assert contains((10, 20), matches) == expected


def test_share_in_the_bin():
    bases = np.zeros((2, 10))
    bases[0, 4:6] = 1
    bases[1, 0] = 2
    assert share_in_bin(bases, 2) == 0.5
    assert np.isnan(share_in_bin(np.zeros((2, 10)), 2))
