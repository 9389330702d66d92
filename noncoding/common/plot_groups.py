"""Plots of targets by group, with the same colour and marker per group in every figure."""

from collections.abc import Iterable
from itertools import cycle
from math import log10
from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from noncoding.common.plot_style import COLOURS


def group_colours(targets: pd.DataFrame) -> dict[str, str]:
    """Colour of each group, in the order of the target table."""
    return dict(zip(targets["group"].unique(), cycle(COLOURS), strict=False))


def group_markers(groups: Iterable[str]) -> dict[str, str]:
    """Marker of each group, in the order of the target table."""
    return dict(zip(groups, cycle("osD^vP"), strict=False))


def legend_label(group: str, targets: int) -> str:
    """A group with its number of targets, wrapped to fit beside a figure."""
    return fill(f"{group} ({targets:,})", 22)


def log_ticks(axis: Axis, formatter: str) -> None:
    """Label a logarithmic axis, whose limits are set, with plain numbers of a format of ``x``.

    The fewer decades the axis has, the denser are its labels.
    """
    low, high = axis.get_view_interval()
    decades = log10(high / low)
    dense = (1, 1.5, *range(2, 10))
    parts = (1,) if decades >= 2 else (1, 2, 5) if decades >= 1 else dense
    axis.set_major_locator(LogLocator(subs=parts))
    axis.set_major_formatter(formatter)
    axis.set_minor_formatter(NullFormatter())


def log_scatter(
    figure: Figure, points: pd.DataFrame, colours: dict[str, str], diagonal: str
) -> Axes:
    """Scatter plot of targets on two logarithmic axes without labels, with the line x = y.

    `points` has the columns group, x and y (positive), and one row per target; `colours` are those
    of `group_colours`; `diagonal` is the legend of the line.
    """
    axes = figure.subplots()
    axes.set(xscale="log", yscale="log")
    markers = group_markers(colours)
    for group, part in points.groupby("group", sort=False):
        axes.plot(
            part["x"],
            part["y"],
            markers[group],
            color=colours[group],
            markersize=4,
            alpha=0.6,
            markeredgewidth=0,
            label=legend_label(group, len(part)),
        )
    ends = axes.get_xlim()
    axes.plot(ends, ends, ":", color="0.4", zorder=0, label=diagonal)
    axes.set_xlim(ends)
    for axis in (axes.xaxis, axes.yaxis):
        log_ticks(axis, "{x:g}")
    figure.legend(loc="outside right center")
    return axes
