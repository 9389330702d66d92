"""What a reader of a figure needs.

Every text lies in it, no two lie on each other, and none is too small on a page; nothing that is
plotted is cut off at the edge of its panel; and an SVG file has few enough elements for a page.
"""

from itertools import combinations
from xml.etree import ElementTree as ET

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.path import Path
from matplotlib.text import Text

LONG_NAME = "GM12878 H3K4me3 treated with 100 nM dexamethasone for 1 hour | None"
"""As long as the names of targets are."""
TOLERANCE = 1.0
"""Pixels by which boxes may touch, since they hold more than the ink."""
PAGE = 740
"""Pixels that a page in a window of 800 pixels leaves for a figure."""
SMALLEST = 9
"""Pixels of the smallest text on such a page."""


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
    """No text is cut off by the figure's edge, too small or on another; nor is a point cut off."""
    assert_large_enough(figure)
    assert_points_inside(figure)
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
        # Two edges on one line count as an intersection of paths, even far apart.
        apart = (first.max(axis=0) < second.min(axis=0)) | (second.max(axis=0) < first.min(axis=0))
        if not apart.any() and Path(first).intersects_path(Path(second), filled=True):
            raise AssertionError(f"{one.get_text()!r} overlaps {other.get_text()!r}")


def assert_large_enough(figure):
    """Texts have a readable size where a page shrinks the figure to its own width."""
    scale = min(1, PAGE / (96 * figure.get_figwidth())) * 96 / 72
    for text in texts_of(figure):
        # Exponents, in mathematical text.
        raised = 0.7 if text.get_parse_math() and "^" in text.get_text() else 1
        size = raised * text.get_fontsize() * scale
        assert size >= SMALLEST, f"{text.get_text()!r} has {size:.1f} pixels"


def assert_points_inside(figure):
    """The markers of every line lie in their panel."""
    figure.draw_without_rendering()
    for axes in figure.axes:
        box = axes.get_window_extent()
        for line in axes.lines:
            # Lines across the panel have axes coordinates.
            if line.get_marker() not in Line2D.filled_markers or not line.get_visible():
                continue
            with np.errstate(invalid="ignore"):
                points = line.get_transform().transform(line.get_xydata())
            points = points[np.isfinite(points).all(axis=1)]
            low, high = box.min - TOLERANCE, box.max + TOLERANCE
            assert ((points >= low) & (points <= high)).all(), f"{line} is cut off"


def elements(path):
    """Number of shapes, points and letters that an SVG file draws."""
    tags = [element.tag.rpartition("}")[2] for element in ET.parse(path).iter()]
    return sum(tag in ("path", "use", "text", "image") for tag in tags)


def logos(figure):
    """Panels with letters, which tangermeme draws as one collection of paths."""
    return [axes for axes in figure.axes if axes.collections]


def assert_whole(axes):
    """What a panel's collections hold lies within its limits, half a letter from the sides."""
    for collection in axes.collections:
        extent = collection.get_datalim(axes.transData)
        (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
        assert left + 0.45 <= extent.x0 < extent.x1 <= right - 0.45
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
