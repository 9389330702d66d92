"""Figures of a target and of single sequences that a biologist can read."""

import os

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tangermeme.plot import plot_logo

from noncoding.attribution.checks.names import WINDOW
from noncoding.attribution.checks.planted_motifs import truth_metrics
from noncoding.attribution.methods import METHODS, LayerMethod, titles
from noncoding.attribution.target_attributions import (
    Interval,
    TargetAttributions,
    holds,
    share_in_bin,
    strongest_window,
)
from noncoding.common.plot_style import BASE_COLOURS, COLOURS, saved_figure, set_title

LETTERS = 60
"""Bases of the strongest window that are drawn as letters."""
_SITE, _HIT = COLOURS[5], COLOURS[3]
_LAYER, _BASES = COLOURS[0], COLOURS[2]
_GREY = "0.92"


def summary_finding(target: TargetAttributions) -> str:
    """What the summary of a target shows, in a sentence."""
    method = next(iter(target.maps))
    title, bases = METHODS[method].title, target.maps[method]
    of = f"mean of {len(bases)} sequences"
    if any(target.sites):
        auroc = np.nanmean(truth_metrics(bases, target.sites[: len(bases)])[0])
        verb = "finds" if auroc >= 0.85 else "often misses"
        found = f"{title} {verb} the planted motifs"
        return f"{target.name}: {found}, per-base AUROC {auroc:.2f} ({of})"
    share = share_in_bin(np.maximum(bases, 0), target.bin)
    return (
        f"{target.name}: {share:.0%} of {title} lies in the {target.bin}-bp bin, which is "
        f"{target.bin / target.length:.0%} of the window ({of})"
    )


def sequence_finding(target: TargetAttributions, number: int) -> str:
    """What the figure of a sequence shows, in a sentence."""
    known, called = _marks(target, number)
    if not called:
        return "No motif is known of this target, so nothing tells which map is right"
    if not known:
        return f"This sequence holds no {called}"
    width = min(WINDOW, target.length)
    on = sum(
        holds(strongest_window(target.maps[method][number], width), known) for method in target.maps
    )
    return f"{on} of {len(target.maps)} methods have their strongest {width} bp on a {called}"


def draw_summary(target: TargetAttributions, *paths: str | os.PathLike[str]) -> None:
    """Mean map of a target's sequences, a method under the other.

    Parameters
    ----------
    target : TargetAttributions
    *paths : path
        One file a format.
    """
    with saved_figure(*paths, size=(9, 1.3 + 0.75 * len(target.maps))) as figure:
        set_title(figure, summary_finding(target))
        panels = figure.subplots(len(target.maps), 1, sharex=True, squeeze=False)[:, 0]
        for axes, method in zip(panels, target.maps, strict=True):
            bases = target.maps[method]
            _mark_bin(axes, target)
            _draw_line(axes, bases.mean(axis=0), target, method)
            axes.set_title(
                f"{METHODS[method].title}, mean of {len(bases)}", fontsize=8, pad=2, color="0.2"
            )
        _last_axis(panels[-1], target)


def draw_sequence(target: TargetAttributions, number: int, *paths: str | os.PathLike[str]) -> None:
    """Every method's map of one sequence, and the letters of its strongest window.

    Parameters
    ----------
    target : TargetAttributions
    number : int
        Of the sequence; every method has explained it.
    *paths : path
        One file a format.
    """
    window = strongest_window(target.maps[next(iter(target.maps))][number], LETTERS)
    letters = _letters_method(target)
    heights = [0.3, *([0.62, 0.13] * len(target.maps)), *([1.0] if letters else [])]
    with saved_figure(*paths, size=(9, 1.4 + 1.15 * sum(heights))) as figure:
        label = target.labels[number]
        told = "" if np.isnan(label) else f", label {label:.0f}"
        head = (
            f"{target.name}, {target.sequences.places[number]}: predicted "
            f"{target.probabilities[number]:.2f}{told}. {sequence_finding(target, number)}"
        )
        set_title(figure, head)
        top, *rest = figure.subplots(len(heights), 1, height_ratios=heights)
        _draw_marks(top, target, number)
        for place, method in enumerate(target.maps):
            line, strip = rest[2 * place : 2 * place + 2]
            _mark_bin(line, target)
            _draw_line(line, target.maps[method][number], target, method)
            centre = target.length // 2
            line.axvspan(
                window[0] - centre, window[1] - centre, fill=False, ec="black", lw=0.7, zorder=3
            )
            line.set_title(METHODS[method].title, fontsize=8, pad=2, color="0.2")
            line.tick_params(axis="x", labelbottom=False, length=0)
            _draw_strip(strip, target.maps[method][number], target, method)
            if place < len(target.maps) - 1:
                strip.tick_params(labelbottom=False, length=0)
            else:
                _last_axis(strip, target)
        if letters:
            _draw_letters(rest[-1], target, number, window, letters)
        _legend(figure, target, number, letters)


def _marks(target: TargetAttributions, number: int) -> tuple[list[Interval], str]:
    """Where the truth is known to be, and what it is called."""
    if any(target.sites):
        return target.sites[number], "planted motif"
    return target.hits[number], f"match of {target.motif}" if target.motif else ""


def _letters_method(target: TargetAttributions) -> str:
    """The method whose values are drawn as letters: the most direct one at hand."""
    of_bases = [name for name in target.maps if not isinstance(METHODS[name], LayerMethod)]
    return "mutagenesis" if "mutagenesis" in of_bases else (of_bases or [""])[-1]


def _edges(target: TargetAttributions) -> npt.NDArray[np.int64]:
    """Edges of the bases, in bp from the centre of the window."""
    return np.arange(target.length + 1) - target.length // 2


def _mark_bin(axes: Axes, target: TargetAttributions) -> None:
    axes.axvspan(-target.bin / 2, target.bin / 2, color=_GREY, zorder=0, lw=0)


def _draw_line(
    axes: Axes, heights: npt.NDArray[np.floating], target: TargetAttributions, method: str
) -> None:
    colour = _LAYER if isinstance(METHODS[method], LayerMethod) else _BASES
    axes.stairs(heights, _edges(target), fill=True, color=colour, lw=0.5)
    low, high = min(0.0, float(heights.min())), max(float(heights.max()), 1e-9)
    axes.axhline(0, color="0.6", lw=0.4)
    axes.set(
        xlim=(-target.length / 2, target.length / 2),
        ylim=(1.05 * low, 1.08 * high),
        yticks=[0, high],
        yticklabels=["0", f"{high:.2g}"],
    )
    axes.tick_params(labelsize=7)


def _draw_strip(
    axes: Axes, heights: npt.NDArray[np.floating], target: TargetAttributions, method: str
) -> None:
    """The same as colours; a diverging map where values can be negative."""
    most = max(float(np.abs(heights).max()), 1e-9)
    of_layer = isinstance(METHODS[method], LayerMethod)
    axes.imshow(
        heights[None],
        aspect="auto",
        interpolation="nearest",
        extent=(-target.length / 2, target.length / 2, 0, 1),
        cmap="Blues" if of_layer else "PiYG",
        vmin=0 if of_layer else -most,
        vmax=most,
    )
    axes.set_yticks([])
    axes.tick_params(labelsize=7)
    axes.spines[["left", "bottom"]].set_visible(False)


def _draw_marks(axes: Axes, target: TargetAttributions, number: int) -> None:
    """Sites that are known; below them the step and the receptive field of the layer."""
    _mark_bin(axes, target)
    centre = target.length // 2
    for intervals, colour, height in (
        (target.hits[number], _HIT, 0.6),
        (target.sites[number], _SITE, 0.9),
    ):
        for start, end in intervals:
            axes.plot(
                [start - centre, end - centre],
                [height] * 2,
                color=colour,
                lw=4,
                solid_capstyle="butt",
            )
    if target.resolution is not None:
        left = -target.length / 2
        field, step = target.resolution.receptive_field, target.resolution.grid.step
        for span, height, colour in ((field, 0.25, "0.5"), (step, 0.05, "black")):
            right = left + min(span, target.length)
            axes.plot([left, right], [height] * 2, color=colour, lw=3, solid_capstyle="butt")
    axes.set(xlim=(-target.length / 2, target.length / 2), ylim=(0, 1), yticks=[])
    axes.tick_params(labelbottom=False, length=0)
    axes.spines[["left", "bottom"]].set_visible(False)


def _last_axis(axes: Axes, target: TargetAttributions) -> None:
    axes.set_xlabel("position from the centre of the window (bp)", fontsize=8, labelpad=1)


def _draw_letters(
    axes: Axes, target: TargetAttributions, number: int, window: Interval, method: str
) -> None:
    start, end = window
    one_hot = target.sequences.one_hot[:, :, start:end]
    plot_logo(one_hot[number] * target.maps[method][number, start:end], ax=axes, color=BASE_COLOURS)
    axes.axhline(0, color="0.6", lw=0.5)
    ticks = np.arange(-(-start // 10) * 10, end, 10)
    labels = [f"{tick - target.length // 2}".replace("-", "−") for tick in ticks]
    # A letter begins at its column's number and ends before the next.
    axes.set_xticks(ticks - start + 0.5, labels)
    # One scale for all sequences of a target: letters of no effect are seen to be flat.
    low, high = float(target.maps[method].min()), float(target.maps[method].max())
    axes.set(
        ylabel="logit",
        xlim=(-0.1, end - start),
        ylim=(1.05 * min(low, 0.0), 1.05 * max(high, 1e-9)),
    )
    axes.tick_params(labelsize=7)


def _legend(figure: Figure, target: TargetAttributions, number: int, letters: str) -> None:
    parts = ["grey: the labelled bin", "strips: the same values as colours"]
    if any(target.sites):
        parts.append("orange: planted motifs")
    if target.motif:
        parts.append(f"pink: matches of {target.motif}")
    if target.resolution is not None:
        step, field = target.resolution.grid.step, target.resolution.receptive_field
        parts.append(
            f"bars on the left: the layer has one value every {step:.3g} bp (black), which sees "
            f"{field} bp (grey)"
        )
    if letters:
        first = METHODS[next(iter(target.maps))].title
        parts.append(
            f"box: strongest {LETTERS} bp of {first}, drawn below; letter height: "
            f"{titles()[letters]}, on one scale for all sequences of the target"
        )
    figure.supxlabel(" · ".join(parts), fontsize=7.5, color="0.3", x=0.01, ha="left", wrap=True)
