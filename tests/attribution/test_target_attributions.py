"""Maps laid out over bases, and their strongest windows."""

import numpy as np
import pytest

from noncoding.attribution.target_attributions import holds, share_in_bin, strongest_window


@pytest.mark.parametrize("noise", [0, 0.02])
def test_a_strongest_window_has_the_peak_in_its_middle(noise):
    bases = noise * np.random.default_rng(0).random(1000)
    bases[400:410] += 1
    start, end = strongest_window(bases, 60)
    assert end - start == 60
    assert abs((start + end) / 2 - 405) <= 2


def test_a_peak_at_the_edge_lies_in_the_first_window():
    bases = np.zeros(1000)
    bases[:5] = 1
    assert strongest_window(bases, 60)[0] == 0
    assert strongest_window(bases[:40], 60) == (0, 40)


def test_a_window_holds_a_match_whose_middle_lies_in_it():
    assert holds((10, 20), [(0, 5), (5, 15)])
    assert holds((10, 20), [(15, 24)])
    assert not holds((10, 20), [(15, 25), (0, 19)])
    assert not holds((10, 20), [])


def test_share_in_the_bin():
    bases = np.zeros((2, 10))
    bases[0, 4:6] = 1
    bases[1, 0] = 2
    assert share_in_bin(bases, 2) == 0.5
    assert np.isnan(share_in_bin(np.zeros((2, 10)), 2))
