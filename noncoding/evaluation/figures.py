"""Figures of the metrics of all targets: by group, and against prevalence."""

import os
from textwrap import fill

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes

from noncoding.common.plot_groups import group_colours, log_scatter
from noncoding.common.plot_style import saved_figure, set_title
from noncoding.evaluation.tables import scored


def groups_finding(metrics: pd.DataFrame) -> str:
    """What the figure of `draw_groups` shows, as its title."""
    drawn = scored(metrics)
    finding = (
        f"Median AUROC {drawn['auroc'].median():.3f} and AUPR {drawn['auprc'].median():.3f} "
        f"over {counted(len(drawn))}"
    )
    medians = drawn.groupby("group", sort=False)["auroc"].median()
    if len(medians) > 1:
        finding += (
            f"; by group, the median AUROC is highest for {medians.idxmax()} "
            f"({medians.max():.3f}) and lowest for {medians.idxmin()} ({medians.min():.3f})"
        )
    return finding


def draw_groups(metrics: pd.DataFrame, *paths: str | os.PathLike[str]) -> None:
    """Draw AUROC and AUPR of every target, by group, with the medians marked.

    Parameters
    ----------
    metrics : pandas.DataFrame
        Made by `noncoding.evaluation.tables.target_metrics`.
    *paths : path
        One file a format.
    """
    groups = scored(metrics).groupby("group", sort=False)
    colours = group_colours(metrics)
    with saved_figure(*paths, size=(8, 1.5 + 0.8 * len(groups))) as figure:
        set_title(figure, groups_finding(metrics))
        panels = figure.subplots(1, 2, sharey=True)
        for axes, metric, label in zip(panels, ("auroc", "auprc"), ("AUROC", "AUPR"), strict=True):
            for place, (group, part) in enumerate(groups):
                _draw_column(axes, part[metric].to_numpy(), place, colours[group])
            axes.set_xlabel(f"{label}, one point a target (line: median)")
        lowest = float(scored(metrics)["auroc"].min())
        panels[0].set_xlim(min(0.48, lowest - 0.02), 1.01)
        panels[0].axvline(0.5, color="0.6", linestyle=":", zorder=0)
        panels[1].set_xlim(-0.02, 1.02)
        panels[0].set_ylim(len(groups) - 0.45, -0.65)
        panels[0].set_yticks(
            range(len(groups)),
            [f"{fill(str(group), 20)}\n{counted(len(part))}" for group, part in groups],
        )


def prevalence_finding(metrics: pd.DataFrame) -> str:
    """What the figure of `draw_prevalence` shows, as its title."""
    gain = scored(metrics)["auprc_over_prevalence"]
    return (
        f"In the median, AUPR is {gain.median():.3g} × the prevalence; "
        f"{(gain > 1).sum():,} of {counted(len(gain))} beat random"
    )


def draw_prevalence(metrics: pd.DataFrame, *paths: str | os.PathLike[str]) -> None:
    """Draw AUPR against prevalence, which is the AUPR of a random classifier.

    Parameters
    ----------
    metrics : pandas.DataFrame
        Made by `noncoding.evaluation.tables.target_metrics`.
    *paths : path
        One file a format.
    """
    drawn = scored(metrics)
    points = drawn[["group"]].assign(x=drawn["prevalence"], y=drawn["auprc"])
    with saved_figure(*paths, size=(7, 4.5)) as figure:
        set_title(figure, prevalence_finding(metrics))
        axes = log_scatter(figure, points, group_colours(metrics), "random classifier")
        axes.set_ylim(top=1.1)
        axes.set(
            xlabel="prevalence: share of test loci that are positive",
            ylabel="AUPR (average precision)",
        )


def counted(targets: int) -> str:
    """The number of targets in words, e.g. "1 target", "1,200 targets"."""
    return f"{targets:,} target{'' if targets == 1 else 's'}"


def spread(values: npt.NDArray[np.float64], bins: int = 60) -> npt.NDArray[np.float64]:
    """Offsets that keep points of near-equal value apart.

    Parameters
    ----------
    values : numpy.ndarray, shape=(n,)
        Between 0 and 1.
    bins : int
        Resolution of the density.

    Returns
    -------
    numpy.ndarray, shape=(n,), dtype=float64
        Between -0.5 and 0.5; the wider, the more values there are nearby.
    """
    bin_of = np.minimum((values * bins).astype(int), bins - 1)
    density = np.bincount(bin_of, minlength=bins)[bin_of]
    # Multiples of the golden ratio: neighbours lie apart, and every run draws the same.
    even = values.argsort().argsort() * 0.6180339887498949 % 1 - 0.5
    # With a handful of points in the fullest bin, the column stays narrow.
    return even * density / max(density.max(), 10)


def _draw_column(axes: Axes, values: npt.NDArray[np.float64], place: int, colour: str) -> None:
    few = len(values) < 10
    axes.plot(
        values,
        place + 0.7 * spread(values),
        "o",
        color=colour,
        markersize=5 if few else 3.5,
        alpha=0.6,
        markeredgewidth=0,
    )
    median = float(np.median(values))
    # Behind a few points, which it would hide; before many, which would hide it.
    line = axes.vlines(median, place - 0.38, place + 0.38, color="black", linewidth=1.6)
    line.set_zorder(1 if few else 3)
    axes.annotate(f"{median:.3f}", (median, place - 0.4), ha="center", va="bottom", fontsize=8)
