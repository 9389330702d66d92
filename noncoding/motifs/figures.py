"""Logos of learned motifs and of the known motifs that they match."""

import os
from textwrap import fill

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from noncoding.common.plot_style import SMALL, saved_figure, set_title
from noncoding.motifs.learned_motifs import Q_VALUE, TargetMotifs
from noncoding.motifs.logo import draw_logo
from noncoding.motifs.patterns import Pattern
from noncoding.motifs.tomtom import Match

N_PLOTTED = 4
"""Maximum number of patterns; the table has all."""
_NAME_CHARACTERS = 30
"""Per line of a motif's name above its panel."""


def motifs_finding(target: TargetMotifs) -> tuple[str, str]:
    """Title and details of a target: whether TF-MoDISco recovered a known motif of it."""
    count = len(target.patterns)
    if not count:
        return f"{target.name}: no recurring pattern of contributions", ""
    shown = f"{len(plotted_patterns(target))} of {count} pattern{'s' * (count != 1)} shown"
    if not target.own:
        recurring = f"{count} recurring pattern{'s' * (count != 1)}"
        return f"{target.name}: {recurring}", f"no motif of the target is known; {shown}"
    found = [
        (match.q_value, match.motif)
        for pattern in target.patterns
        if pattern.view != "first layer" and (match := target.own_match(pattern)) is not None
    ]
    if not found:
        return f"{target.name}: known motif not recovered", f"no pattern of TF-MoDISco; {shown}"
    q_value, motif = min(found)
    if q_value < Q_VALUE:
        finding = f"{target.name}: known motif {motif} recovered"
        return finding, f"by TF-MoDISco, q = {q_value:.1g} (TOMTOM); {shown}"
    finding = f"{target.name}: known motif not recovered"
    return finding, f"lowest q of TF-MoDISco = {q_value:.1g}; {shown}"


def plotted_patterns(target: TargetMotifs) -> list[Pattern]:
    """The first patterns of TF-MoDISco, and that of the first layer."""
    of_layer = [pattern for pattern in target.patterns if pattern.view == "first layer"]
    others = [pattern for pattern in target.patterns if pattern.view != "first layer"]
    return [*others[: N_PLOTTED - len(of_layer)], *of_layer]


def draw_motifs(target: TargetMotifs, *paths: str | os.PathLike[str]) -> None:
    """Draw contributions, frequencies and best match of each pattern; one file per format."""
    plotted = plotted_patterns(target)
    rows = max(len(plotted), 1)
    with saved_figure(*paths, height=1.35 * rows if plotted else 0.5) as figure:
        set_title(figure, *motifs_finding(target))
        panels = figure.subplots(rows, 3, squeeze=False)
        for axes in panels.ravel():
            axes.tick_params(labelsize=SMALL)
            axes.set_axis_off()
        for (left, middle, right), pattern in zip(panels, plotted, strict=False):
            of_layer = pattern.view == "first layer"
            what = "weights of the filter" if of_layer else "contribution to the logit"
            count = f"{pattern.seqlets:,} {'sites' if of_layer else 'seqlets'}"
            _draw_logo(left, pattern.contributions, f"{pattern.view}, {pattern.name}:\n{what}")
            _draw_logo(middle, information(pattern.frequencies), f"bases of {count} (bits)")
            middle.set_ylim(0, 2.05)
            best = target.best(pattern)
            _draw_match(right, best, target)
            # Column 0 of the pattern is aligned to column `offset` of the motif. A letter
            # extends from the number of its column to the next.
            first, offset, last = 0, 0, pattern.frequencies.shape[1]
            if best is not None:
                offset = best.offset
                first = min(0, -offset)
                last = max(last, target.motifs[best.motif].shape[1] - offset)
            for axes, column in ((left, 0), (middle, 0), (right, offset)):
                axes.set_xlim(first + column - 0.5, last + column + 0.5)


def information(frequencies: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Letter heights of a sequence logo in bits, shape=(4, width) (Schneider & Stephens 1990)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.nansum(frequencies * np.log2(frequencies), axis=0)
    return frequencies * (2 - entropy)


def _draw_logo(axes: Axes, heights: npt.NDArray[np.float64], title: str) -> None:
    axes.set_axis_on()
    draw_logo(axes, heights)
    axes.set_xticks([])
    axes.set_title(title, fontsize=8)


def _draw_match(axes: Axes, match: Match | None, target: TargetMotifs) -> None:
    """The known motif on the matching strand."""
    if match is None:
        axes.set_title("no motif database", fontsize=8)
        return
    known = target.motifs[match.motif]
    if match.reverse:
        known = known[::-1, ::-1]
    name = fill(match.motif, _NAME_CHARACTERS)
    q_value = f"q = {match.q_value:.1g}"
    if match.q_value >= Q_VALUE:
        q_value += " (not significant)"
    _draw_logo(axes, information(known / known.sum(axis=0)), f"{name}\n{q_value}")
    axes.set_ylim(0, 2.05)
