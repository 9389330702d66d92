"""Overlap recognised by sequence, on windows cut from one random genome."""

import numpy as np
import pytest

from noncoding.attribution.overlap import SHARED, Windows
from noncoding.data.one_hot import one_hot

LENGTH = 400


def windows_of(genome, starts):
    return one_hot(np.stack([genome[start : start + LENGTH] for start in starts]))


@pytest.mark.parametrize("strand", [lambda one: one, lambda one: one[::-1, ::-1]])
@pytest.mark.parametrize("shift", [0, 1, 200, LENGTH - SHARED, -7, SHARED - LENGTH])
def test_windows_that_overlap_are_recognised_on_both_strands(strand, shift):
    genome = np.random.default_rng(1).integers(0, 4, 3 * LENGTH, dtype=np.uint8)
    first, second = windows_of(genome, [LENGTH, LENGTH + shift])
    for one, other in ((first, strand(second)), (strand(second), first)):
        windows = Windows()
        assert windows.add(one)
        assert not windows.add(other)


@pytest.mark.parametrize("apart", [LENGTH, LENGTH - 10, 2 * LENGTH])
def test_windows_that_share_less_than_is_recognised_are_apart(apart):
    genome = np.random.default_rng(1).integers(0, 4, 4 * LENGTH, dtype=np.uint8)
    windows = Windows()
    assert [windows.add(one) for one in windows_of(genome, [0, apart])] == [True, True]


def test_a_repeat_within_two_windows_is_no_overlap():
    generator = np.random.default_rng(2)
    first, second = generator.integers(0, 4, (2, LENGTH), dtype=np.uint8)
    first[100:250] = second[50:200] = generator.integers(0, 4, 150)
    first[300:360] = second[:60] = 0
    windows = Windows()
    assert windows.add(one_hot(first))
    assert windows.add(one_hot(second))
    # Nor are unknown bases, of which every gap of a genome has as many.
    first[:100] = second[-100:] = 4
    windows = Windows()
    assert windows.add(one_hot(first))
    assert windows.add(one_hot(second))


def test_windows_with_unknown_bases_overlap_where_the_others_agree():
    genome = np.random.default_rng(3).integers(0, 4, 2 * LENGTH, dtype=np.uint8)
    genome[380:460] = 4
    windows = Windows()
    assert [windows.add(one) for one in windows_of(genome, [0, 100])] == [True, False]
