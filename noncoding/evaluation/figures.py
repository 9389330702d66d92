"""Figures of an evaluation: metrics of all targets, curves, calibration and co-occurrence.

Every ``*_finding`` gives the title and the details of the figure of the same name; every
``draw_*`` writes one file per path, in the format of its suffix.
"""

import os
from itertools import cycle
from textwrap import fill

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from scipy.stats import spearmanr

from noncoding.common.plot_groups import (
    group_colours,
    group_markers,
    legend_label,
    log_scatter,
    log_ticks,
)
from noncoding.common.plot_style import COLOURS, saved_figure, set_title, shortened_apart
from noncoding.common.wording import counted
from noncoding.evaluation.calibration import (
    MIN_EXPECTED,
    MIN_PREDICTIONS,
    Cooccurrence,
    calibration,
)
from noncoding.evaluation.curves import thinned
from noncoding.evaluation.metrics import Labels, Scores, rank
from noncoding.evaluation.target_metrics import scored

_NAME_CHARACTERS = 36
"""Maximum length of a target's name in a legend."""
_DENSITY_BINS = 60
_POINTS = 300
"""A curve has at most twice as many points, evenly spaced along both axes."""


def groups_finding(metrics: pd.DataFrame) -> tuple[str, str]:
    """Median AUROC over all targets; median AUPR, and the groups with extreme median AUROC."""
    plotted = scored(metrics)
    details = f"median AUPR {plotted['auprc'].median():.3f}"
    medians = plotted.groupby("group", sort=False)["auroc"].median()
    if medians.nunique() > 1:
        details += (
            f"; by group, the median AUROC is highest for {medians.idxmax()} "
            f"({medians.max():.3f}) and lowest for {medians.idxmin()} ({medians.min():.3f})"
        )
    if omitted := len(metrics) - len(plotted):
        details += (
            f"; {counted(omitted, 'target')} without positives or without negatives not shown"
        )
    auroc = plotted["auroc"].median()
    return f"The median AUROC of {counted(len(plotted), 'target')} is {auroc:.3f}", details


def draw_groups(metrics: pd.DataFrame, *paths: str | os.PathLike[str]) -> None:
    """Plot AUROC and AUPR of every target of `target_metrics`, by group, with medians."""
    groups = scored(metrics).groupby("group", sort=False)
    colours = group_colours(metrics)
    with saved_figure(*paths, height=1.0 + 0.8 * len(groups)) as figure:
        set_title(figure, *groups_finding(metrics))
        panels = figure.subplots(1, 2, sharey=True)
        for axes, metric, label in zip(panels, ("auroc", "auprc"), ("AUROC", "AUPR"), strict=True):
            for row, (group, members) in enumerate(groups):
                _draw_row(axes, members[metric].to_numpy(), row, colours[group])
            axes.set_xlabel(f"{label}, one point per target (line: median)")
        lowest = float(scored(metrics)["auroc"].min())
        panels[0].set_xlim(min(0.48, lowest - 0.02), 1.01)
        panels[0].axvline(0.5, color="0.6", linestyle=":", zorder=0)
        panels[1].set_xlim(-0.02, 1.02)
        panels[0].set_ylim(len(groups) - 0.45, -0.65)
        panels[0].set_yticks(
            range(len(groups)),
            [
                f"{fill(str(group), 20)}\n{counted(len(members), 'target')}"
                for group, members in groups
            ],
        )


def _draw_row(axes: Axes, values: npt.NDArray[np.float64], row: int, colour: str) -> None:
    few = len(values) < 10
    axes.plot(
        values,
        row + 0.7 * spread(values),
        "o",
        color=colour,
        markersize=5 if few else 3.5,
        alpha=0.6,
        markeredgewidth=0,
    )
    median = float(np.median(values))
    # Behind a few points, which it would hide; in front of many, which would hide it.
    line = axes.vlines(median, row - 0.38, row + 0.38, color="black", linewidth=1.6)
    line.set_zorder(1 if few else 3)
    axes.annotate(f"{median:.3f}", (median, row - 0.4), ha="center", va="bottom", fontsize=8)


def spread(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Offsets that separate points of similar value between 0 and 1.

    Between -0.5 and 0.5, shape=(n,); wider where there are more values.
    """
    bins = np.minimum((values * _DENSITY_BINS).astype(int), _DENSITY_BINS - 1)
    density = np.bincount(bins)[bins]
    # Multiples of the golden ratio separate neighbours without randomness.
    even = values.argsort().argsort() * 0.6180339887498949 % 1 - 0.5
    # With few points in the fullest bin, the column remains narrow.
    return even * density / max(density.max(), 10)


def prevalence_finding(metrics: pd.DataFrame) -> tuple[str, str]:
    """Number of targets predicted better than at random; the median gain."""
    gain = scored(metrics)["auprc_over_prevalence"]
    return (
        f"AUPR exceeds that of a random classifier for {(gain > 1).sum():,} of "
        f"{counted(len(gain), 'target')}",
        f"median ratio of AUPR to prevalence {gain.median():.3g}",
    )


def draw_prevalence(metrics: pd.DataFrame, *paths: str | os.PathLike[str]) -> None:
    """Plot AUPR against prevalence, which is the AUPR of a random classifier."""
    plotted = scored(metrics)
    points = plotted[["group"]].assign(x=plotted["prevalence"], y=plotted["auprc"])
    with saved_figure(*paths, height=4.2) as figure:
        set_title(figure, *prevalence_finding(metrics))
        axes = log_scatter(figure, points, group_colours(metrics), "random classifier")
        axes.set_ylim(top=1.1)
        axes.set(
            xlabel="prevalence: share of test loci that are positive",
            ylabel="AUPR (average precision)",
        )


def curves_finding(chosen: pd.DataFrame) -> tuple[str, str]:
    """Range of the AUPR of the plotted targets; long names are shortened."""
    chosen = chosen.assign(name=shortened_apart(chosen["name"], _NAME_CHARACTERS))
    best, worst = chosen.loc[chosen["auprc"].idxmax()], chosen.loc[chosen["auprc"].idxmin()]
    if len(chosen) == 1:
        return (
            f"AUPR of {best['name']} is {best['auprc']:.3f}",
            f"{best['auprc_over_prevalence']:.3g} times its prevalence",
        )
    if best["auprc"] == worst["auprc"]:
        return f"AUPR is {best['auprc']:.3f} for each of {counted(len(chosen), 'target')}", ""
    return (
        f"AUPR is between {worst['auprc']:.3f} and {best['auprc']:.3f}",
        f"lowest for {worst['name']}, highest for {best['name']}",
    )


def draw_curves(
    chosen: pd.DataFrame, labels: Labels, scores: Scores, *paths: str | os.PathLike[str]
) -> None:
    """Plot ROC and precision–recall curves (`representative_targets` or `named_targets`)."""
    chosen = chosen.assign(name=shortened_apart(chosen["name"], _NAME_CHARACTERS))
    with saved_figure(*paths, height=3.7 + 0.2 * len(chosen)) as figure:
        set_title(figure, *curves_finding(chosen))
        roc, precision_recall = figure.subplots(1, 2)
        styles = zip(cycle(COLOURS), cycle(("-", "--", "-.")), strict=False)
        for (_, target), (colour, style) in zip(chosen.iterrows(), styles, strict=False):
            line = {"color": colour, "linestyle": style}
            column = target["index"]
            curve = thinned(rank(labels[:, column], scores[:, column]), _POINTS)
            recall = np.append(0, curve.true_positives / curve.positives)
            false_positive_rate = np.append(0, curve.false_positives / curve.negatives)
            roc.plot(false_positive_rate, recall, label=_legend(target), **line)
            # Steps, because average precision is the area under steps, not under slopes.
            precision = np.append(curve.precision[0], curve.precision)
            precision_recall.plot(recall, precision, drawstyle="steps-pre", **line)
            prevalence = curve.positives / (curve.positives + curve.negatives)
            precision_recall.axhline(prevalence, color=colour, ls=":", linewidth=1, zorder=0)
        roc.plot([0, 1], [0, 1], color="0.6", linestyle=":", zorder=0)
        roc.set(xlabel="false-positive rate", ylabel="recall (true-positive rate)")
        precision_recall.set(xlabel="recall", ylabel="precision")
        roc.set_title("dotted: random classifier", fontsize=9)
        precision_recall.set_title("dotted: prevalence, a random classifier", fontsize=9)
        for axes in (roc, precision_recall):
            axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        figure.legend(loc="outside lower left")


def _legend(target: pd.Series) -> str:
    role = f"{target['role']}: " if target["role"] else ""
    return (
        f"{role}{target['name']} — AUROC {target['auroc']:.3f}, AUPR {target['auprc']:.3f}, "
        f"{target['test_positives']:,} positives (prevalence {100 * target['prevalence']:.2g} %)"
    )


def calibration_finding(metrics: pd.DataFrame) -> tuple[str, str]:
    """Median calibration error; its maximum."""
    errors = scored(metrics)["calibration_error"]
    return (
        f"The median expected calibration error is {errors.median():.2g}",
        f"over {counted(len(errors), 'target')}; maximum {errors.max():.2g}",
    )


def draw_calibration(
    metrics: pd.DataFrame, labels: Labels, scores: Scores, *paths: str | os.PathLike[str]
) -> None:
    """Plot the share of positives against the predicted probability, by group of targets."""
    colours = group_colours(metrics)
    with saved_figure(*paths, height=4.2) as figure:
        set_title(figure, *calibration_finding(metrics))
        axes = figure.subplots()
        axes.set(xscale="log", yscale="log")
        markers = group_markers(colours)
        for group, members in scored(metrics).groupby("group", sort=False):
            curve = calibration(labels, scores, members["index"])
            axes.plot(
                curve.predicted[curve.plotted],
                curve.observed[curve.plotted],
                "-",
                marker=markers[group],
                color=colours[group],
                markersize=4,
                linewidth=1,
                label=legend_label(group, len(members)),
            )
        if not any(np.size(line.get_xdata()) for line in axes.lines):
            axes.text(
                0.5,
                0.9,
                "too few test loci for a point, which stands for at least\n"
                f"{MIN_PREDICTIONS} predictions with {MIN_EXPECTED} expected positives",
                ha="center",
                va="center",
                transform=axes.transAxes,
            )
        low = min(axes.get_xlim()[0], axes.get_ylim()[0], 0.1)
        axes.plot([low, 1], [low, 1], ":", color="0.4", zorder=0, label="perfect calibration")
        axes.set(xlim=(low, 1.1), ylim=(low, 1.1))
        for axis in (axes.xaxis, axes.yaxis):
            log_ticks(axis, "{x:g}")
        axes.set(xlabel="predicted probability", ylabel="share of loci that are positive")
        figure.legend(loc="outside right center")


def cooccurrence_finding(pairs: Cooccurrence) -> tuple[str, str]:
    """Rank correlation between observed and predicted co-occurrence; the number of pairs."""
    if len(pairs.observed) < 3 or not all(np.ptp(values) > 0 for values in pairs):
        return "Too few different pairs of targets to evaluate co-occurrence", ""
    rho = spearmanr(pairs.observed, pairs.predicted).statistic
    return (
        f"Rank correlation of observed and predicted co-occurrence of targets: {rho:.2f}",
        f"over {len(pairs.observed):,} pairs of targets",
    )


def draw_cooccurrence(pairs: Cooccurrence, *paths: str | os.PathLike[str]) -> None:
    """Plot predicted against observed correlation of pairs of targets."""
    with saved_figure(*paths, height=4.8) as figure:
        figure.set_layout_engine("compressed")
        set_title(figure, *cooccurrence_finding(pairs))
        axes = figure.subplots()
        # One scale for both axes, so that the line is the diagonal.
        values = np.concatenate(pairs)
        low, high = (values.min(), values.max()) if len(values) else (0, 1)
        margin = 0.05 * max(high - low, 0.01)
        ends = low - margin, high + margin
        if len(pairs.observed) < 500:
            axes.plot(pairs.observed, pairs.predicted, "o", markersize=4, alpha=0.6)
        else:
            density = axes.hexbin(
                *pairs, gridsize=80, extent=(*ends, *ends), norm=LogNorm(), cmap="viridis"
            )
            bar = figure.colorbar(density, ax=axes, label="pairs of targets")
            log_ticks(bar.ax.yaxis, "{x:,g}")
        axes.axline((0, 0), slope=1, color="0.4", linestyle=":")
        axes.set(
            xlim=ends,
            ylim=ends,
            aspect="equal",
            xlabel="correlation of the labels of two targets (test loci)",
            ylabel="correlation from the predicted probabilities",
        )
