"""A figure of a target that a biologist can read."""

import os
from dataclasses import dataclass

import logomaker
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from noncoding.alphabet import ALPHABET
from noncoding.explain.truth import per_base
from noncoding.figures import BASE_COLOURS, COLOURS, saved_figure

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
    sequences : numpy.ndarray, shape=(n, 4, length)
    probabilities : numpy.ndarray, shape=(n,)
    places : list of str
        What each locus is called.
    gradcam : numpy.ndarray, shape=(n, positions)
    contribution : numpy.ndarray, shape=(n, length)
    sites : list of list of (int, int)
        Planted sites by locus; empty lists where there is no ground truth.
    truth_auroc : float
        Mean AUROC of the maps against planted bases; NaN where there is none.
    """

    name: str
    length: int
    bin: int
    sequences: npt.NDArray[np.uint8]
    probabilities: npt.NDArray[np.float32]
    places: list[str]
    gradcam: npt.NDArray[np.float32]
    contribution: npt.NDArray[np.float32]
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
        return (
            f"{target.name}: Grad-CAM finds the planted motifs, per-base AUROC "
            f"{target.truth_auroc:.2f} (mean of {len(target.gradcam)} true positives)"
        )
    share = share_in_bin(target.gradcam, target.length, target.bin)
    return (
        f"{target.name}: {share:.0%} of Grad-CAM lies in the {target.bin}-bp bin, which is "
        f"{target.bin / target.length:.0%} of the window (mean of {len(target.gradcam)} "
        "true positives)"
    )


def draw_target(target: ExplainedTarget, drawn: int, *paths: str | os.PathLike[str]) -> None:
    """Mean map, then map and letters of the best-predicted true positives.

    Parameters
    ----------
    target : ExplainedTarget
    drawn : int
        Loci to draw, at most.
    *paths : path
        One file a format.
    """
    drawn = min(drawn, len(target.gradcam))
    ratios = [1.0] + [0.8, 0.9] * drawn
    with saved_figure(*paths, size=(9, 1.3 + 2.3 * drawn)) as figure:
        figure.suptitle(finding(target), x=0.01, ha="left", fontsize=11)
        top, *rest = figure.subplots(len(ratios), 1, height_ratios=ratios)
        _draw_mean(top, target)
        for number, (strip, logo) in enumerate(zip(rest[::2], rest[1::2], strict=True)):
            window = strongest_window(target.gradcam[number], target.length)
            _draw_map(strip, target, number, window)
            _draw_letters(logo, target, number, window)
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


def _draw_map(axes: Axes, target: ExplainedTarget, number: int, window: tuple[int, int]) -> None:
    _mark_bin(axes, target)
    centre = target.length // 2
    heights = per_base(target.gradcam[number : number + 1], target.length)[0]
    axes.stairs(heights, _positions(target), fill=True, color=COLOURS[0])
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


def _draw_letters(
    axes: Axes, target: ExplainedTarget, number: int, window: tuple[int, int]
) -> None:
    start, end = window
    heights = target.sequences[number, :, start:end] * target.contribution[number, None, start:end]
    offsets = np.arange(start, end) - target.length // 2
    logomaker.Logo(
        pd.DataFrame(heights.T, columns=list(ALPHABET), index=offsets),
        ax=axes,
        color_scheme=BASE_COLOURS,
        flip_below=False,
    )
    axes.axhline(0, color="0.6", lw=0.5)
    axes.set(yticks=[0], ylabel="gradient", xlim=(offsets[0] - 0.5, offsets[-1] + 0.5))


def _legend(figure: Figure, truth: bool) -> None:
    parts = [
        "grey: the bin that the label speaks of",
        "box: strongest window, its bases below; height: corrected gradient",
    ]
    if truth:
        parts.append("orange bars: planted motifs")
    figure.supxlabel(" · ".join(parts), fontsize=8, color="0.3", x=0.01, ha="left")
