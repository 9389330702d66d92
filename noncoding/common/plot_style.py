"""Style and saving of all figures."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from textwrap import fill
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import Collection
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import LogFormatterMathtext

from noncoding.common.files import atomic_write

# Okabe & Ito's palette, safe for colour-blind readers.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000", "#F0E442")
BASE_COLOURS = {"A": "#009E73", "C": "#0072B2", "G": "#E69F00", "T": "#D55E00", "N": "#999999"}
WIDTH = 8.0
"""Width of all figures of results, in inches, so that a page shows them at one scale."""
SMALL = 7.5
"""Smallest size of text, in points: 10 pixels on a page that shows figures at their width."""
MOST_ELEMENTS = 2000
"""Maximum number of points and shapes that an SVG file draws as vectors."""

_STYLE: dict[Any, Any] = {
    "axes.prop_cycle": plt.cycler(color=COLOURS),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "axes.labelsize": 10,
    "figure.constrained_layout.use": True,
    "figure.dpi": 150,
    "font.size": 9,
    "legend.frameon": False,
    "savefig.dpi": "figure",
    "svg.fonttype": "none",
    "svg.hashsalt": "noncoding",
    # The same text widths in all formats, which share one layout.
    "text.hinting": "none",
    # A dollar sign in a name does not start a formula.
    "text.parse_math": False,
}


@contextmanager
def saved_figure(
    *paths: str | os.PathLike[str], height: float = 4.0, width: float = WIDTH
) -> Iterator[Figure]:
    """A figure in the project's style, of a height and width in inches; it is saved at the end.

    Each path is of another format, e.g. ``auroc.svg`` and ``auroc.png``. In an SVG file, points
    and shapes are pixels where there are more than `MOST_ELEMENTS`; text and axes stay vectors.
    """
    with plt.rc_context(_STYLE):
        figure = plt.figure(figsize=(width, height))
        try:
            yield figure
            _write_powers(figure)
            _rasterise_many(figure)
            # Only once for all formats, since it takes a third of the time.
            if layout := figure.get_layout_engine():
                layout.execute(figure)
                figure.set_layout_engine("none")
            with atomic_write(*paths) as partials:
                for partial in partials:
                    # Without the date, the same data gives the same bytes.
                    metadata = {"Date": None} if partial.suffix == ".svg" else None
                    figure.savefig(partial, metadata=metadata)
        finally:
            plt.close(figure)


def _write_powers(figure: Figure) -> None:
    """Typeset the tick labels of logarithmic axes, which are formulas."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            if isinstance(axis.get_major_formatter(), LogFormatterMathtext):
                for label in axis.get_ticklabels(which="both"):
                    label.set_parse_math(True)


def _rasterise_many(figure: Figure) -> None:
    """Rasterise the plots with the most points and shapes until the others are few enough."""
    artists = [artist for axes in figure.axes for artist in (*axes.lines, *axes.collections)]
    artists.sort(key=n_elements)
    while sum(map(n_elements, artists)) > MOST_ELEMENTS:
        artists.pop().set_rasterized(True)


def n_elements(artist: Artist) -> int:
    """Number of points or shapes of a plot, e.g. 5 for 5 markers; 1 for a line or pixels."""
    if artist.get_rasterized():
        return 1
    if isinstance(artist, Line2D) and artist.get_marker() in Line2D.filled_markers:
        return len(np.asarray(artist.get_xydata()))
    if isinstance(artist, Collection):
        return max(len(artist.get_paths()), len(np.asarray(artist.get_offsets())))
    return 1


def set_title(figure: Figure, finding: str, details: str = "") -> None:
    """Add a title at the top of a figure, and below it details in small print.

    The title states one finding, the details its numbers. Both are left-aligned and wrapped; the
    figure grows by their height, so that its panels keep theirs.
    """
    edge, width = 0.08, figure.get_figwidth()  # Inches.
    # With an explicit position, which is set below, the layout does not move it.
    texts = [figure.suptitle(finding, y=1, ha="left", va="top")]
    if details:
        texts.append(figure.text(0, 1, details, va="top", color="0.35", fontsize=8.5))
    used, tops = edge, []
    for text in texts:
        _wrap(text, (width - 2 * edge) * figure.dpi)
        tops.append(used)
        used += text.get_window_extent().height / figure.dpi + edge / 2
    height = figure.get_figheight() + used
    figure.set_figheight(height)
    for text, top in zip(texts, tops, strict=True):
        text.set_position((edge / width, 1 - top / height))
    layout = figure.get_layout_engine()
    assert isinstance(layout, ConstrainedLayoutEngine)
    layout.set(rect=(0, 0, 1, 1 - used / height))


def _wrap(text: Text, width: float) -> None:
    """Break a text into lines of at most `width` pixels."""
    content = text.get_text()
    # A line of narrow letters holds more than the average.
    lines = text.get_window_extent().width / width
    for characters in range(round(1.3 * len(content) / max(lines, 1)), 0, -1):
        text.set_text(fill(content, characters))
        if text.get_window_extent().width <= width:
            return


def shortened(name: str, most: int) -> str:
    """A name of at most `most` characters; the middle of longer ones is omitted."""
    kept = most - 1
    return name if len(name) <= most else f"{name[: -(-kept // 2)]}…{name[-(kept // 2) :]}"


def shortened_apart(names: Iterable[str], most: int) -> list[str]:
    """Names as of `shortened`, but in full where shortened names would be the same.

    Examples
    --------
    >>> shortened_apart(["CTCF (K562, 1 h)", "CTCF (HeLa, 1 h)", "CTCF"], 9)
    ['CTCF (K562, 1 h)', 'CTCF (HeLa, 1 h)', 'CTCF']
    """
    pairs = [(name, shortened(name, most)) for name in names]
    counts = Counter(short for _, short in pairs)
    return [name if counts[short] > 1 else short for name, short in pairs]
