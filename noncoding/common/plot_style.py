"""Style and saving of all figures."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatterMathtext

from noncoding.common.files import atomic_write

# Okabe & Ito's palette, safe for colour-blind readers.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
BASE_COLOURS = {"A": "#009E73", "C": "#0072B2", "G": "#E69F00", "T": "#D55E00", "N": "#999999"}

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
    *paths: str | os.PathLike[str], size: tuple[float, float] = (7.0, 4.0)
) -> Iterator[Figure]:
    """A figure in the project's style, of `size` in inches, which is saved at the end.

    Each path is of another format, e.g. ``auroc.svg`` and ``auroc.png``.
    """
    with plt.rc_context(_STYLE):
        figure = plt.figure(figsize=size)
        try:
            yield figure
            _write_powers(figure)
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


def set_title(figure: Figure, finding: str) -> None:
    """Set the title of a figure, left-aligned and wrapped."""
    # When wrapping lines, matplotlib takes dollar signs for formulas unless they are escaped.
    text = finding.replace("$", r"\$")
    figure.suptitle(text, x=0.01, ha="left", wrap=True, parse_math=True)


def shortened(name: str, most: int) -> str:
    """A name of at most `most` characters; the middle of longer ones is omitted."""
    kept = most - 1
    return name if len(name) <= most else f"{name[: -(-kept // 2)]}…{name[-(kept // 2) :]}"
