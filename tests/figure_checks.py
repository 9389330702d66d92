"""What a reader of a figure needs: every text lies in it, and no two lie on each other."""

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.path import Path
from matplotlib.text import Text

LONG_NAME = "GM12878 H3K4me3 treated with 100 nM dexamethasone for 1 hour | None"
"""As long as the names of targets are."""
TOLERANCE = 1.0
"""Pixels by which boxes may touch, since they hold more than the ink."""


def saved_by(draw, *arguments, **options):
    """Call a function, and give the figures that it saves, each once."""
    found = []
    save = Figure.savefig

    def saved(figure, *given, **how):
        save(figure, *given, **how)
        if figure not in found:
            found.append(figure)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", saved)
        draw(*arguments, **options)
    return found


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


DOTS_PER_INCH = (72, 150)
"""Of an SVG and of a PNG, which share a layout."""


def assert_legible(figure):
    """In no format a text is cut off by the figure's edge, and no two texts overlap."""
    with plt.rc_context({"text.hinting": "none"}):
        for dots in DOTS_PER_INCH:
            figure.set_dpi(dots)
            _assert_legible(figure)


def _assert_legible(figure):
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


def logos(figure):
    """Panels with letters, which tangermeme draws as one collection of paths."""
    return [axes for axes in figure.axes if axes.collections]


def assert_whole(axes):
    """What a panel's collections hold lies within its limits."""
    for collection in axes.collections:
        extent = collection.get_datalim(axes.transData)
        (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
        assert left <= extent.x0 < extent.x1 <= right
        assert bottom <= extent.y0 < extent.y1 <= top


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
