"""Whether probabilities are what they say, and go together as the labels do."""

import os
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.colors import LogNorm
from scipy.special import expit
from scipy.stats import spearmanr

from noncoding.common.plot_groups import group_colours, legend_label, log_ticks
from noncoding.common.plot_style import saved_figure, set_title
from noncoding.evaluation.figures import counted
from noncoding.evaluation.tables import scored

_ODDS_EDGES = np.linspace(-9, 9, 37)
"""Of the bins of a probability, on the logit scale: rare targets have small probabilities."""
LEAST = 20
"""Predictions that a bin must hold to be drawn."""
LEAST_EXPECTED = 5
"""Positives that they must promise: of fewer, none may be found, which a log axis cannot show."""
_LOCI = 8192
"""That are multiplied at a time."""


class Calibration(NamedTuple):
    """Predictions of many targets, by predicted probability.

    Attributes
    ----------
    predictions : numpy.ndarray, shape=(bins,), dtype=int64
    predicted, observed : numpy.ndarray, shape=(bins,), dtype=float64
        Mean probability, and share of positives; NaN in an empty bin.
    """

    predictions: npt.NDArray[np.int64]
    predicted: npt.NDArray[np.float64]
    observed: npt.NDArray[np.float64]


def calibration(
    labels: npt.NDArray[np.uint8], scores: npt.NDArray[np.floating], columns: npt.ArrayLike
) -> Calibration:
    """Predicted against observed, all loci of some targets together.

    Parameters
    ----------
    labels, scores : numpy.ndarray, shape=(loci, targets)
        The scores are probabilities.
    columns : array_like of int
        Targets to take.

    Returns
    -------
    Calibration
    """
    edges = expit(_ODDS_EDGES[1:-1])
    bins = len(edges) + 1
    count, positives, expected = np.zeros(bins, np.int64), np.zeros(bins), np.zeros(bins)
    for column in np.asarray(columns):
        place = np.searchsorted(edges, scores[:, column], "right")
        count += np.bincount(place, minlength=bins)
        positives += np.bincount(place, labels[:, column], bins)
        expected += np.bincount(place, scores[:, column], bins)
    with np.errstate(invalid="ignore"):
        return Calibration(count, expected / count, positives / count)


def drawable(curve: Calibration) -> npt.NDArray[np.bool_]:
    """Bins that hold enough to be drawn on logarithmic axes, shape=(bins,)."""
    expected = np.nan_to_num(curve.predictions * curve.predicted)
    enough = (curve.predictions >= LEAST) & (expected >= LEAST_EXPECTED)
    return enough & (np.nan_to_num(curve.observed) > 0)


def calibration_finding(metrics: pd.DataFrame) -> str:
    """What the figure of `draw_calibration` shows, as its title."""
    drawn = scored(metrics)
    return (
        f"A probability is off by {drawn['calibration_error'].median():.2g} in the median of "
        f"{counted(len(drawn))} (expected calibration error; at most "
        f"{drawn['calibration_error'].max():.2g})"
    )


def draw_calibration(
    metrics: pd.DataFrame,
    labels: npt.NDArray[np.uint8],
    scores: npt.NDArray[np.floating],
    *paths: str | os.PathLike[str],
) -> None:
    """Draw the share of positives against the predicted probability, by group.

    Parameters
    ----------
    metrics : pandas.DataFrame
        Made by `noncoding.evaluation.tables.target_metrics`, with
        ``calibration_error``.
    labels, scores : numpy.ndarray, shape=(loci, targets)
    *paths : path
        One file a format.
    """
    colours = group_colours(metrics)
    with saved_figure(*paths, size=(7, 4.5)) as figure:
        set_title(figure, calibration_finding(metrics))
        axes = figure.subplots()
        axes.set(xscale="log", yscale="log")
        for (group, part), marker in zip(
            scored(metrics).groupby("group", sort=False), "osD^vPX*<>" * 10, strict=False
        ):
            curve = calibration(labels, scores, part["index"])
            drawn = drawable(curve)
            axes.plot(
                curve.predicted[drawn],
                curve.observed[drawn],
                "-",
                marker=marker,
                color=colours[group],
                markersize=4,
                linewidth=1,
                label=legend_label(group, len(part)),
            )
        low = min(axes.get_xlim()[0], axes.get_ylim()[0], 0.1)
        axes.plot([low, 1], [low, 1], ":", color="0.4", zorder=0, label="as predicted")
        axes.set(xlim=(low, 1.1), ylim=(low, 1.1))
        for axis in (axes.xaxis, axes.yaxis):
            log_ticks(axis, "{x:g}")
        axes.set(xlabel="predicted probability", ylabel="share of loci that are positive")
        figure.legend(loc="outside right center")


class Cooccurrence(NamedTuple):
    """How pairs of targets go together.

    Attributes
    ----------
    observed : numpy.ndarray, shape=(pairs,), dtype=float64
        Correlation of their labels (phi coefficient).
    predicted : numpy.ndarray, shape=(pairs,), dtype=float64
        The same if each locus had its labels independently with the predicted
        probabilities: what the sequence alone explains.
    """

    observed: npt.NDArray[np.float64]
    predicted: npt.NDArray[np.float64]


def cooccurrence(
    labels: npt.NDArray[np.uint8], scores: npt.NDArray[np.floating], columns: npt.ArrayLike
) -> Cooccurrence:
    """Correlation of every pair of targets, in the labels and as predicted.

    Parameters
    ----------
    labels, scores : numpy.ndarray, shape=(loci, targets)
        The scores are probabilities.
    columns : array_like of int
        Targets to take, with positives and negatives.

    Returns
    -------
    Cooccurrence
        Of n targets n (n − 1) / 2 pairs.
    """
    chosen = np.asarray(columns)
    together = [np.zeros((len(chosen), len(chosen))) for _ in range(2)]
    for start in range(0, len(labels), _LOCI):
        rows = slice(start, start + _LOCI)
        for total, values in zip(together, (labels, scores), strict=True):
            part = values[rows][:, chosen].astype(np.float32)
            total += part.T @ part
    upper = np.triu_indices(len(chosen), 1)
    results = []
    for total, values in zip(together, (labels, scores), strict=True):
        mean = values[:, chosen].mean(axis=0, dtype=np.float64)
        spread = np.sqrt(mean * (1 - mean))
        correlation = (total / len(labels) - np.outer(mean, mean)) / np.outer(spread, spread)
        results.append(correlation[upper])
    return Cooccurrence(*results)


def cooccurrence_finding(pairs: Cooccurrence) -> str:
    """What the figure of `draw_cooccurrence` shows, as its title."""
    if len(pairs.observed) < 3:
        return "Too few pairs of targets to compare how they go together"
    rank = spearmanr(pairs.observed, pairs.predicted).statistic
    return (
        f"Which targets go together is predicted with a rank correlation of {rank:.2f} "
        f"over {len(pairs.observed):,} pairs"
    )


def draw_cooccurrence(pairs: Cooccurrence, *paths: str | os.PathLike[str]) -> None:
    """Draw predicted against observed correlation of pairs of targets.

    Parameters
    ----------
    pairs : Cooccurrence
        Made by `cooccurrence`.
    *paths : path
        One file a format.
    """
    with saved_figure(*paths, size=(6, 4.8)) as figure:
        set_title(figure, cooccurrence_finding(pairs))
        axes = figure.subplots()
        if len(pairs.observed) < 500:
            axes.plot(pairs.observed, pairs.predicted, "o", markersize=4, alpha=0.6)
        else:
            drawn = axes.hexbin(
                pairs.observed, pairs.predicted, gridsize=60, norm=LogNorm(), cmap="viridis"
            )
            figure.colorbar(drawn, ax=axes, label="pairs of targets")
        axes.axline((0, 0), slope=1, color="0.4", linestyle=":")
        axes.set(
            xlabel="correlation of the labels of two targets (test loci)",
            ylabel="correlation from the predicted probabilities",
        )
