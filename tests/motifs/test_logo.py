"""Sizes and limits of logos."""

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest

from noncoding.motifs.logo import draw_logo


@pytest.fixture
def axes():
    figure = plt.figure()
    yield figure.subplots()
    plt.close(figure)


def boxes(axes):
    """Left and right ends of each letter, and its lower and upper end."""
    [letters] = axes.collections
    extents = [path.get_extents() for path in letters.get_paths()]
    return [(box.x0, box.x1, box.y0, box.y1) for box in extents]


def test_letters_have_their_heights_and_columns(axes):
    heights = np.array([[2.0, 0, 0], [0, -1, 0], [0, 0, 0.5], [1, 0, 0]])
    draw_logo(axes, heights)
    found = sorted(boxes(axes))
    # T, then the larger A above it, in the first column.
    expected = [(0, 0, 1), (0, 1, 3), (1, -1, 0), (2, 0, 0.5)]
    for (left, right, low, high), (column, bottom, top) in zip(found, expected, strict=True):
        assert column <= left < right <= column + 1
        assert (low, high) == pytest.approx((bottom, top))
    assert axes.get_ylim() == pytest.approx((-1.05, 3.15))
    assert axes.get_xlim() == (-0.5, 3.5)


def test_limits_are_shared_if_they_are_given(axes):
    draw_logo(axes, np.eye(4), (-2.0, 4.0))
    assert axes.get_ylim() == pytest.approx((-2.1, 4.2))


def test_a_logo_without_letters_is_empty(axes):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_logo(axes, np.zeros((4, 5)))
    assert not axes.collections
    assert axes.get_xlim() == (-0.5, 5.5)
