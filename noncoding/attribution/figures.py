"""Figures of the attributions for a target and for single sequences."""

import os

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from noncoding.attribution.checks.planted_motifs import truth_metrics
from noncoding.attribution.checks.table import WINDOW
from noncoding.attribution.methods import METHODS, LayerMethod
from noncoding.attribution.target_attributions import (
    Interval,
    TargetAttributions,
    contains,
    share_in_bin,
    strongest_window,
)
from noncoding.common.plot_style import COLOURS, SMALL, saved_figure, set_title
from noncoding.motifs.logo import draw_logo

LOGO_WIDTH = 60
"""Bases of the strongest window in the logo."""
_SITE, _HIT = COLOURS[5], COLOURS[3]
_LAYER, _BASES = COLOURS[0], COLOURS[2]
_GREY = "0.92"


def summary_finding(target: TargetAttributions) -> tuple[str, str]:
    """Title and details of the summary of a target."""
    method = next(iter(target.maps))
    title, bases = METHODS[method].title, target.maps[method]
    over = f"over {len(bases)} sequence{'s' * (len(bases) != 1)}; grey: labelled bin"
    if any(target.sites):
        auroc = np.nanmean(truth_metrics(bases, target.sites[: len(bases)])[0])
        verb = "finds" if auroc >= 0.85 else "often misses"
        found = f"{title} {verb} the planted motifs"
        return f"{target.name}: {found}", f"mean per-base AUROC {auroc:.2f} {over}"
    share = share_in_bin(np.maximum(bases, 0), target.bin)
    if np.isnan(share):
        return f"{target.name}: {title} is nowhere positive", f"mean {over}"
    return (
        f"{target.name}: {share:.0%} of {title} is within the {target.bin}-bp bin",
        f"the bin is {target.bin / target.length:.0%} of the window; mean {over}",
    )


def sequence_finding(target: TargetAttributions, number: int) -> tuple[str, str]:
    """Title and details of the figure of a sequence."""
    label, place = target.labels[number], target.sequences.places[number]
    predicted = f"predicted probability {target.probabilities[number]:.2f}"
    known_label = "" if np.isnan(label) else f"; label {label:.0f}"
    details = f"{place}; {predicted}{known_label}"
    known, name = target.hits[number], f"match of {target.motif}" if target.motif else ""
    if any(target.sites):
        known, name = target.sites[number], "planted motif"
    if not name:
        no_motif = "no motif is known for this target"
        return f"{target.name}: {predicted}", f"{place}{known_label}; {no_motif}"
    if not known:
        return f"{target.name}: this sequence has no {name}", details
    width = min(WINDOW, target.length)
    on = sum(
        contains(strongest_window(maps[number], width), known) for maps in target.maps.values()
    )
    return (
        f"{target.name}: {on} of {len(target.maps)} methods have their strongest {width} bp on a "
        f"{name}",
        details,
    )


def draw_summary(target: TargetAttributions, *paths: str | os.PathLike[str]) -> None:
    """Draw the mean map of each method; one file per format."""
    with saved_figure(*paths, height=0.5 + 0.7 * len(target.maps)) as figure:
        set_title(figure, *summary_finding(target))
        panels = figure.subplots(len(target.maps), 1, sharex=True, squeeze=False)[:, 0]
        for axes, (method, bases) in zip(panels, target.maps.items(), strict=True):
            _draw_line(axes, bases.mean(axis=0), target, method)
            axes.set_title(
                f"{METHODS[method].title}, mean of {len(bases)}", fontsize=8, pad=2, color="0.2"
            )
        _label_positions(panels[-1])


def draw_sequence(target: TargetAttributions, number: int, *paths: str | os.PathLike[str]) -> None:
    """Draw all maps of a sequence and a logo of its strongest window; one file per format."""
    window = strongest_window(next(iter(target.maps.values()))[number], LOGO_WIDTH)
    # The logo shows the first of these methods that was computed.
    of_bases = [name for name in target.maps if not isinstance(METHODS[name], LayerMethod)]
    logo = "mutagenesis" if "mutagenesis" in of_bases else (of_bases or [""])[-1]
    heights = [0.3, *([0.62, 0.13] * len(target.maps)), *([1.0] if logo else [])]
    with saved_figure(*paths, height=1.0 + 1.1 * sum(heights)) as figure:
        set_title(figure, *sequence_finding(target, number))
        top, *rest = figure.subplots(len(heights), 1, height_ratios=heights)
        _draw_sites(top, target, number)
        centre = target.length // 2
        for place, (method, maps) in enumerate(target.maps.items()):
            line, strip = rest[2 * place : 2 * place + 2]
            _draw_line(line, maps[number], target, method)
            line.axvspan(
                window[0] - centre, window[1] - centre, fill=False, ec="black", lw=0.7, zorder=3
            )
            line.set_title(METHODS[method].title, fontsize=8, pad=2, color="0.2")
            line.tick_params(axis="x", labelbottom=False, length=0)
            _draw_strip(strip, maps[number], target, method)
            if place < len(target.maps) - 1:
                strip.tick_params(labelbottom=False, length=0)
            else:
                _label_positions(strip)
        if logo:
            _draw_logo(rest[-1], target, number, window, logo)
        _draw_key(figure, target, window)


def _draw_line(
    axes: Axes, heights: npt.NDArray[np.floating], target: TargetAttributions, method: str
) -> None:
    """A map as steps around the centre of the window."""
    _shade_bin(axes, target)
    colour = _LAYER if isinstance(METHODS[method], LayerMethod) else _BASES
    edges = np.arange(target.length + 1) - target.length // 2
    axes.stairs(heights, edges, fill=True, color=colour, lw=0.5)
    low, high = min(0.0, float(heights.min())), max(float(heights.max()), 1e-9)
    axes.axhline(0, color="0.6", lw=0.4)
    axes.set(
        xlim=(-target.length / 2, target.length / 2),
        ylim=(1.05 * low, 1.08 * high),
        yticks=[0, high],
        yticklabels=["0", f"{high:.2g}"],
    )
    axes.tick_params(labelsize=SMALL)


def _draw_strip(
    axes: Axes, heights: npt.NDArray[np.floating], target: TargetAttributions, method: str
) -> None:
    """A map as a heat map, with a diverging colour map for signed values."""
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
    axes.tick_params(labelsize=SMALL)
    axes.spines[["left", "bottom"]].set_visible(False)


def _draw_sites(axes: Axes, target: TargetAttributions, number: int) -> None:
    """Known sites, and at the left the step and the receptive field of the layer."""
    _shade_bin(axes, target)
    centre, left = target.length // 2, -target.length / 2
    bars: list[tuple[float, float, float, str, int]] = [
        (start - centre, end - centre, height, colour, 4)
        for intervals, height, colour in (
            (target.hits[number], 0.6, _HIT),
            (target.sites[number], 0.9, _SITE),
        )
        for start, end in intervals
    ]
    if target.resolution is not None:
        field, step = target.resolution.receptive_field, target.resolution.grid.step
        bars += [
            (left, left + min(width, target.length), height, colour, 3)
            for width, height, colour in ((field, 0.25, "0.5"), (step, 0.05, "black"))
        ]
    for start, end, height, colour, width in bars:
        axes.plot([start, end], [height] * 2, color=colour, lw=width, solid_capstyle="butt")
    axes.set(xlim=(left, -left), ylim=(0, 1), yticks=[])
    axes.tick_params(labelbottom=False, length=0)
    axes.spines[["left", "bottom"]].set_visible(False)


def _shade_bin(axes: Axes, target: TargetAttributions) -> None:
    axes.axvspan(-target.bin / 2, target.bin / 2, color=_GREY, zorder=0, lw=0)


def _label_positions(axes: Axes) -> None:
    axes.set_xlabel("position from the centre of the window (bp)", fontsize=8, labelpad=1)


def _draw_logo(
    axes: Axes, target: TargetAttributions, number: int, window: Interval, method: str
) -> None:
    start, end = window
    one_hot = target.sequences.one_hot[number, :, start:end]
    maps = target.maps[method]
    # One scale for all sequences of a target, so that small effects look small.
    draw_logo(axes, one_hot * maps[number, start:end], (float(maps.min()), float(maps.max())))
    ticks = np.arange(-(-start // 10) * 10, end, 10)
    labels = [f"{tick - target.length // 2}".replace("-", "−") for tick in ticks]
    axes.set_xticks(ticks - start + 0.5, labels)
    axes.set_ylabel("logit")
    title = f"Boxed {end - start} bp: {METHODS[method].title}, one scale for all sequences"
    axes.set_title(title, fontsize=8, pad=2, color="0.2")
    axes.tick_params(labelsize=SMALL)


def _draw_key(figure: Figure, target: TargetAttributions, window: Interval) -> None:
    bars: list[tuple[str, int, str]] = []
    if any(target.sites):
        bars.append((_SITE, 4, "planted motifs"))
    if target.motif:
        bars.append((_HIT, 4, f"matches of {target.motif}"))
    if target.resolution is not None:
        step, field = target.resolution.grid.step, target.resolution.receptive_field
        bars.append(("0.5", 3, f"effective receptive field of the layer ({field} bp)"))
        bars.append(("black", 3, f"step of the layer ({step:.3g} bp)"))
    first = METHODS[next(iter(target.maps))].title
    handles = [
        Patch(color=_GREY, label="labelled bin"),
        Patch(
            fill=False, ec="black", lw=0.7, label=f"strongest {window[1] - window[0]} bp of {first}"
        ),
        *(Line2D([], [], color=colour, lw=width, label=label) for colour, width, label in bars),
        Line2D([], [], ls="none", label="strips: the curves above them as colours"),
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=2, fontsize=8)
