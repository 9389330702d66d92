"""A figure of a target that a biologist can read."""

import os
from dataclasses import dataclass
from textwrap import fill

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tangermeme.plot import plot_logo

from noncoding.explain.truth import per_base
from noncoding.figures import BASE_COLOURS, COLOURS, saved_figure

LEGEND_CHARACTERS = 140
"""Of a line of the legend, at a width of 9 inches."""
LOGO_WIDTH = 60
"""Bases of the strongest window that are drawn as letters."""


@dataclass(frozen=True)
class ExplainedTarget:
    """One target and its best-predicted true positives, best first.

    Attributes
    ----------
    name : str
    length, bin : int
        Window and its central bin, in bp.
    probabilities : numpy.ndarray, shape=(n,)
    places : list of str
        What each locus is called.
    gradcam, hirescam : numpy.ndarray, shape=(n, positions)
    windows : list of (int, int)
        Strongest window of each locus that is drawn, half-open, in bp.
    effects : list of numpy.ndarray, shape=(4, width)
        What the bases of these windows are worth, see `base_effects`.
    sites : list of list of (int, int)
        Planted sites by locus; empty lists where there is no ground truth.
    truth_auroc : float
        Mean AUROC of the maps against planted bases; NaN where there is none.
    """

    name: str
    length: int
    bin: int
    probabilities: npt.NDArray[np.float32]
    places: list[str]
    gradcam: npt.NDArray[np.float32]
    hirescam: npt.NDArray[np.float32]
    windows: list[tuple[int, int]]
    effects: list[npt.NDArray[np.float32]]
    sites: list[list[tuple[int, int]]]
    truth_auroc: float


def strongest_window(
    gradcam: npt.NDArray[np.float32], length: int, width: int = LOGO_WIDTH
) -> tuple[int, int]:
    """The window of bases, half-open, that holds the most of a map.

    Parameters
    ----------
    gradcam : numpy.ndarray, shape=(positions,)
    length, width : int
        In bp.
    """
    width = min(width, length)
    mass = np.concatenate([[0.0], np.cumsum(per_base(gradcam[None], length)[0], dtype=np.float64)])
    windows = mass[width:] - mass[:-width]
    # Of windows that hold the same, the middle one, so that the peak is in sight.
    best = np.flatnonzero(windows >= windows.max() - 1e-9)
    start = int(best[len(best) // 2])
    return start, start + width


def share_in_bin(gradcam: npt.NDArray[np.float32], length: int, bin: int) -> float:
    """Share of the mean map that lies in the central bin."""
    mean = per_base(gradcam, length).mean(axis=0, dtype=np.float64)
    low = (length - bin) // 2
    total = mean.sum()
    return float(mean[low : low + bin].sum() / total) if total > 0 else float("nan")


def finding(target: ExplainedTarget) -> str:
    """What the figure shows, in a sentence."""
    if not np.isnan(target.truth_auroc):
        verb = "finds" if target.truth_auroc >= 0.85 else "often misses"
        return (
            f"{target.name}: Grad-CAM {verb} the planted motifs, per-base AUROC "
            f"{target.truth_auroc:.2f} (mean of {len(target.gradcam)} true positives)"
        )
    share = share_in_bin(target.gradcam, target.length, target.bin)
    return (
        f"{target.name}: {share:.0%} of Grad-CAM lies in the {target.bin}-bp bin, which is "
        f"{target.bin / target.length:.0%} of the window (mean of {len(target.gradcam)} "
        "true positives)"
    )


def draw_target(target: ExplainedTarget, *paths: str | os.PathLike[str]) -> None:
    """Mean map, then map and letters of the best-predicted true positives.

    Parameters
    ----------
    target : ExplainedTarget
    *paths : path
        One file a format.
    """
    drawn = len(target.windows)
    ratios = [1.0] + [0.8, 0.9] * drawn
    with saved_figure(*paths, size=(9, 1.3 + 2.3 * drawn)) as figure:
        figure.suptitle(finding(target), x=0.01, ha="left", fontsize=11)
        top, *rest = figure.subplots(len(ratios), 1, height_ratios=ratios)
        _draw_mean(top, target)
        for number, (strip, logo) in enumerate(zip(rest[::2], rest[1::2], strict=True)):
            _draw_map(strip, target, number)
            _draw_letters(logo, target, number)
        figure.align_ylabels()
        _legend(figure, bool(target.sites and any(target.sites)))


def _positions(target: ExplainedTarget) -> npt.NDArray[np.int64]:
    """Edges of the bases, in bp from the centre of the window."""
    return np.arange(target.length + 1) - target.length // 2


def _mark_bin(axes: Axes, target: ExplainedTarget) -> None:
    axes.axvspan(-target.bin / 2, target.bin / 2, color="0.92", zorder=0, lw=0)


def _draw_mean(axes: Axes, target: ExplainedTarget) -> None:
    _mark_bin(axes, target)
    mean = per_base(target.gradcam, target.length).mean(axis=0)
    axes.stairs(mean, _positions(target), fill=True, color=COLOURS[0], alpha=0.6)
    axes.set_title(f"mean of the {len(target.gradcam)} best-predicted true positives", fontsize=9)
    axes.set(xlim=(-target.length / 2, target.length / 2), ylabel="Grad-CAM", yticks=[0])


def _draw_map(axes: Axes, target: ExplainedTarget, number: int) -> None:
    window = target.windows[number]
    _mark_bin(axes, target)
    centre = target.length // 2
    heights = per_base(target.gradcam[number : number + 1], target.length)[0]
    axes.stairs(heights, _positions(target), fill=True, color=COLOURS[0])
    other = per_base(target.hirescam[number : number + 1], target.length)[0]
    if other.max() > 0:
        scaled = other * (max(float(heights.max()), 1e-9) / other.max())
        axes.stairs(scaled, _positions(target), color=COLOURS[1], lw=1, baseline=None)
    axes.axvspan(window[0] - centre, window[1] - centre, fill=False, ec="black", lw=0.8, zorder=3)
    top = max(float(heights.max()), 1e-9) * 1.15
    for start, end in target.sites[number]:
        axes.plot([start - centre, end - centre], [top, top], color=COLOURS[5], lw=4, clip_on=False)
    axes.set(
        xlim=(-target.length / 2, target.length / 2), ylim=(0, top), yticks=[0], ylabel="Grad-CAM"
    )
    axes.set_title(
        f"{target.places[number]}   predicted {target.probabilities[number]:.2f}, label 1",
        fontsize=9,
    )
    axes.set_xlabel("position from the centre of the window (bp)", fontsize=8, labelpad=1)


def _draw_letters(axes: Axes, target: ExplainedTarget, number: int) -> None:
    start, end = target.windows[number]
    plot_logo(target.effects[number], ax=axes, color=BASE_COLOURS)
    axes.axhline(0, color="0.6", lw=0.5)
    ticks = np.arange(-(-start // 10) * 10, end, 10)
    labels = [f"{tick - target.length // 2}".replace("-", "−") for tick in ticks]
    axes.set_xticks(ticks - start, labels)
    # One scale for all loci: letters of no effect are seen to be flat.
    low = min(0.0, *(float(effects.min()) for effects in target.effects))
    high = max(float(effects.max()) for effects in target.effects)
    axes.set(
        ylabel="effect on logit",
        xlim=(-0.5, end - start - 0.5),
        ylim=(1.05 * low, 1.05 * max(high, 1e-9)),
    )


def _legend(figure: Figure, truth: bool) -> None:
    parts = [
        "grey: the bin that the label speaks of",
        "line: HiResCAM, scaled to the same height",
        "box: strongest window; its bases below, as high as the logit falls when they are changed",
    ]
    if truth:
        parts.append("orange bars: planted motifs")
    figure.supxlabel(
        fill(" · ".join(parts), LEGEND_CHARACTERS), fontsize=8, color="0.3", x=0.01, ha="left"
    )
