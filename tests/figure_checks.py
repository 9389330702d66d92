"""What a reader of a figure needs: every text lies in it, and no two lie on each other."""

from contextlib import contextmanager
from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.path import Path
from matplotlib.text import Text

TOLERANCE = 1.0
"""Pixels by which boxes may touch, since they hold more than the ink."""


@contextmanager
def saved_figures():
    """Collect the figures that are saved inside of the block, each once."""
    found = []
    save = Figure.savefig

    def saved(figure, *arguments, **options):
        save(figure, *arguments, **options)
        if figure not in found:
            found.append(figure)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", saved)
        yield found


def texts_of(figure):
    """Texts that are drawn and not empty; stale ticks beyond an axis are none of them."""
    drawn = []
    draw = Text.draw

    def recorded(text, renderer, *arguments, **options):
        if text.get_visible() and text.get_text().strip() and text not in drawn:
            drawn.append(text)
        draw(text, renderer, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Text, "draw", recorded)
        figure.draw_without_rendering()
    return drawn


def assert_legible(figure):
    """No text is cut off by the figure's edge, and no two texts overlap."""
    texts = texts_of(figure)
    assert texts
    corners = [_corners(text) for text in texts]
    width, height = figure.bbox.size
    for text, box in zip(texts, corners, strict=True):
        assert (box >= -TOLERANCE).all(), f"{text.get_text()!r} begins outside"
        assert (box <= [width + TOLERANCE, height + TOLERANCE]).all(), f"{text.get_text()!r} ends"
    for (one, first), (other, second) in combinations(zip(texts, corners, strict=True), 2):
        if Path(first).intersects_path(Path(second), filled=True):
            raise AssertionError(f"{one.get_text()!r} overlaps {other.get_text()!r}")


def _corners(text):
    """Corners of a text's box in pixels, shape=(4, 2), turned as it is and a bit smaller."""
    middle = np.array(text.get_window_extent().corners()).mean(axis=0)
    angle = text.get_rotation()
    text.set_rotation(0)
    box = text.get_window_extent()
    text.set_rotation(angle)
    half = np.maximum(np.array([box.width, box.height]) / 2 - TOLERANCE, 0.1)
    turn = np.deg2rad(angle)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return middle + (half * [[-1, -1], [1, -1], [1, 1], [-1, 1]]) @ matrix.T
