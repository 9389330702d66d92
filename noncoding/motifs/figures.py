"""Logos of what a network has learned, beside the known motifs that they match."""

import os
from textwrap import fill

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from tangermeme.plot import plot_logo

from noncoding.common.plot_style import BASE_COLOURS, saved_figure, set_title
from noncoding.motifs.patterns import Pattern
from noncoding.motifs.target_motifs import SURE, TargetMotifs
from noncoding.motifs.tomtom import Match

DRAWN = 4
"""Patterns at most; the table has all."""
_NAME_CHARACTERS = 30
"""Of a line of a motif's name above its panel; capitals are wide."""


def learned_finding(target: TargetMotifs) -> str:
    """Whether the target's own motif came back, in a sentence."""
    if not target.patterns:
        return f"{target.name}: no pattern recurs among what drives the predictions"
    found = [
        (match.q_value, match.motif, pattern.view)
        for pattern in target.patterns
        if (match := target.own_match(pattern)) is not None
    ]
    if not found:
        return f"{target.name}: {len(target.patterns)} patterns; no motif of its own is known"
    q_value, motif, view = min(found)
    if q_value < SURE:
        told = f"its known motif, {motif}, comes back from {view} (TOMTOM, q = {q_value:.1g})"
        return f"{target.name}: {told}"
    return f"{target.name}: its known motif does not come back (best q = {q_value:.1g})"


def draw_learned(target: TargetMotifs, *paths: str | os.PathLike[str]) -> None:
    """Contributions, frequencies and best match of each pattern, row by row.

    Parameters
    ----------
    target : TargetMotifs
    *paths : path
        One file a format.
    """
    drawn = target.drawn(DRAWN)
    rows = max(len(drawn), 1)
    with saved_figure(*paths, size=(9, 0.7 + 1.35 * rows)) as figure:
        set_title(figure, learned_finding(target))
        panels = figure.subplots(rows, 3, squeeze=False)
        for axes in panels.ravel():
            axes.tick_params(labelsize=7)
        for (left, middle, right), pattern in zip(panels, drawn, strict=False):
            of_layer = pattern.view == "first layer"
            what = "weights of the filter" if of_layer else "contribution to the logit"
            count = f"{pattern.seqlets:,} {'sites' if of_layer else 'seqlets'}"
            _logo(left, pattern.contributions, f"{pattern.view}, {pattern.name}:\n{what}")
            best = target.best(pattern)
            _logo(middle, information(pattern.frequencies), f"bases of its {count} (bits)")
            middle.set_ylim(0, 2.05)
            _draw_match(right, best, target)
            first, last = _columns(best, target, pattern)
            for axes, column in ((left, 0), (middle, 0), (right, best.offset if best else 0)):
                # Column 0 of the pattern lies on column `offset` of the motif. A letter
                # begins at its column's number and ends before the next.
                axes.set_xlim(first + column - 0.1, last + column)
        if not drawn:
            for axes in panels.ravel():
                axes.set_axis_off()


def information(frequencies: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Heights of a sequence logo in bits, shape=(4, width) (Schneider & Stephens 1990)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.nansum(frequencies * np.log2(frequencies), axis=0)
    return frequencies * (2 - entropy)


def _logo(axes: Axes, heights: npt.NDArray[np.float64], title: str) -> None:
    plot_logo(heights, ax=axes, color=BASE_COLOURS)
    axes.axhline(0, color="0.6", lw=0.5)
    # Letters stand on each other: the highest stack decides, above and below the line.
    above = float(np.maximum(heights, 0).sum(axis=0).max())
    below = float(np.minimum(heights, 0).sum(axis=0).min())
    axes.set(
        ylim=(1.05 * below, 1.05 * max(above, 1e-9)),
        xticks=[],
    )
    axes.set_title(title, fontsize=8)


def _columns(match: Match | None, target: TargetMotifs, pattern: Pattern) -> tuple[int, int]:
    """First and end of the columns that a pattern and its match span, counted from the pattern."""
    width = pattern.frequencies.shape[1]
    if match is None:
        return 0, width
    return min(0, -match.offset), max(width, target.motifs[match.motif].shape[1] - match.offset)


def _draw_match(axes: Axes, match: Match | None, target: TargetMotifs) -> None:
    """The known motif, on the strand that matches."""
    if match is None:
        axes.set_axis_off()
        axes.set_title("no database of motifs", fontsize=8)
        return
    known = target.motifs[match.motif]
    if match.reverse:
        known = known[::-1, ::-1]
    name = fill(match.motif, _NAME_CHARACTERS)
    _logo(axes, information(known / known.sum(axis=0)), f"{name}\nq = {match.q_value:.1g}")
    axes.set_ylim(0, 2.05)
