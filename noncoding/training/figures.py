"""Figures of a training: the learning curve, and a heat map of its layers."""

import os

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from noncoding.common.plot_style import COLOURS, SMALL, saved_figure, set_title
from noncoding.training.tables import dead_units

_WIDTH = 200
"""Maximum number of columns of a heat map."""
_ROW = 0.125
"""Height of a row of a heat map, in inches."""


def learning_curve_finding(curve: pd.DataFrame) -> tuple[str, str]:
    """The epoch with the highest validation AUPR; its metrics."""
    best = curve["valid_auprc"].idxmax()
    return (
        f"Validation AUPR is highest after epoch {best} of {curve.index[-1]}",
        f"AUPR {curve.loc[best, 'valid_auprc']:.3f}, AUROC {curve.loc[best, 'valid_auroc']:.3f}",
    )


def draw_learning_curve(curve: pd.DataFrame, *paths: str | os.PathLike[str]) -> None:
    """Plot a learning curve (see `noncoding.training.tables.learning_curve`) and save it."""
    with saved_figure(*paths, height=3.0) as figure:
        set_title(figure, *learning_curve_finding(curve))
        loss, quality = figure.subplots(1, 2)
        loss.plot(curve["train_loss"], "o-", label="training", color=COLOURS[0])
        loss.plot(curve["valid_loss"], "s--", label="validation", color=COLOURS[1])
        loss.set(xlabel="epoch", ylabel="binary cross-entropy (nats)")
        quality.plot(curve["valid_auprc"], "o-", label="AUPR", color=COLOURS[2])
        quality.plot(curve["valid_auroc"], "s--", label="AUROC", color=COLOURS[3])
        quality.set(xlabel="epoch", ylabel="validation, mean over targets", ylim=(0, 1.05))
        for axes in (loss, quality):
            axes.axvline(curve["valid_auprc"].idxmax(), color="0.8", zorder=0)
            axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
            axes.legend()


def draw_layers(table: pd.DataFrame, *paths: str | os.PathLike[str]) -> None:
    """Plot weight norms, gradient-to-weight ratios and dead units by layer and step; save them.

    Layers are grouped by part of the network (see `part`), and numbers of dead units are written
    beside their layers.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns `noncoding.training.tables.LAYER_COLUMNS`.
    *paths : path
        One file per format.
    """
    # Each part has a row for its name, then one for each of its layers.
    parts: dict[int, str] = {}
    rows: dict[str, int] = {}
    layers = pd.Series(table["layer"].unique())
    for name, members in layers.groupby(layers.map(part), sort=False):
        parts[len(parts) + len(rows)] = str(name)
        rows |= {layer: len(parts) + len(rows) + place for place, layer in enumerate(members)}
    height = len(parts) + len(rows)
    table = table.assign(
        ratio=table["gradient_norm"] / table["weight_norm"].replace(0, np.nan),
        dead=table["dead_units"] / table["units"],
    )
    later = table[table["step"] > 0]
    steps = np.sort(later["step"].unique())
    # Neighbouring records are averaged where there are more than `_WIDTH`.
    columns = np.arange(len(steps)) * min(_WIDTH, len(steps)) // len(steps)
    edges = np.append(table["step"].min(), steps[np.append(np.diff(columns) > 0, True)])
    column = later["step"].map(dict(zip(steps, columns, strict=True)))
    dead = dead_units(table)
    with saved_figure(*paths, height=1.1 + _ROW * height) as figure:
        set_title(figure, *layers_finding(table))
        panels = figure.subplots(1, 3, sharey=True, width_ratios=[3, 3, 2])
        for axes, values, colours, label in zip(
            panels,
            ("weight_norm", "ratio", "dead"),
            ("viridis", "inferno", "Reds"),
            ("weight norm", "gradient / weight norm (nats)", "share of dead units"),
            strict=True,
        ):
            means = later.groupby(["layer", column])[values].mean().unstack()
            means = means.rename(index=rows).reindex(range(height))
            norm = Normalize(0, 1) if values == "dead" else None
            _heat_map(axes, means.to_numpy(), edges, colours, label, norm)
            for row in parts:
                axes.axhspan(row - 0.5, row + 0.5, color="white", lw=0)
        for layer, count in dead.iterrows():
            panels[2].annotate(
                f"{count['dead_units']:,} of {count['units']:,}",
                (1.03, rows[str(layer)]),
                xycoords=("axes fraction", "data"),
                va="center",
                fontsize=SMALL,
                annotation_clip=False,
            )
        labels = parts | {row: layer.removeprefix(f"{part(layer)}.") for layer, row in rows.items()}
        panels[0].set_yticks(list(labels), labels.values(), fontsize=SMALL)
        for row, text in zip(labels, panels[0].get_yticklabels(), strict=True):
            if row in parts:
                text.set_weight("bold")
        panels[0].set_ylim(height - 0.5, -0.5)


def part(layer: str) -> str:
    """Part of a network that a layer belongs to, e.g. ``resnet.blocks.0`` or ``head``.

    The name up to the first number, or else without the last two components.
    """
    names = layer.split(".")
    numbers = [place for place, name in enumerate(names) if name.isdecimal()]
    return ".".join(names[: numbers[0] + 1] if numbers else names[:-2] or names[:1])


def _heat_map(
    axes: Axes,
    values: npt.NDArray[np.float64],
    edges: npt.NDArray[np.int64],
    colours: str,
    label: str,
    norm: Normalize | None,
) -> None:
    """Plot values, shape=(rows, columns), each column from one edge to the next.

    Without a norm the scale is logarithmic and spans quantiles of the values, so that outliers
    do not determine it, such as weights that are initialised at zero.
    """
    shown = np.ma.masked_invalid(values)
    extend = "neither"
    if norm is None:
        shown = np.ma.masked_where(~(np.isfinite(values) & (values > 0)), values)
        extremes = np.quantile(shown.compressed(), [0.03, 0.97]) if shown.count() else (0.1, 1)
        norm, extend = LogNorm(*extremes), "both"
        axes.set_facecolor("0.85")
    drawn = axes.pcolormesh(
        edges,
        np.arange(len(values) + 1) - 0.5,
        shown,
        cmap=colours,
        norm=norm,
        rasterized=True,
    )
    axes.set(xlabel="optimiser step", xlim=(edges[0], edges[-1]))
    axes.xaxis.set_major_locator(MaxNLocator(2, integer=True, prune="upper"))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.tick_params(axis="y", length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    bar = axes.figure.colorbar(drawn, ax=axes, location="top", extend=extend, aspect=30, pad=0.01)
    bar.set_label(label)
    bar.ax.tick_params(labelsize=SMALL)
    if isinstance(norm, LogNorm):
        low, high = extremes
        if high < 100 * low:
            ticks = {f"{tick:.2g}": tick for tick in np.geomspace(low, high, 3).tolist()}
            bar.set_ticks(list(ticks.values()), labels=list(ticks))
        else:
            bar.ax.xaxis.set_major_locator(LogLocator(subs=(1.0,), numticks=4))
            bar.ax.xaxis.set_major_formatter("{x:g}")
        bar.ax.xaxis.set_minor_locator(NullLocator())


def layers_finding(table: pd.DataFrame) -> tuple[str, str]:
    """The layer with the most dead units at the end, or else the one that changed most."""
    steps = f"{table['step'].max():,} steps"
    dead = dead_units(table)
    if len(dead):
        first = dead.iloc[0]
        details = f"after {steps}"
        if len(dead) > 1:
            details += f"; layers with dead units: {len(dead)}"
        return (
            f"{first['dead_units']:,} of {first['units']:,} units of {dead.index[0]} are dead",
            details,
        )
    norms = table.sort_values("step", kind="stable").groupby("layer", sort=False)["weight_norm"]
    ends = pd.DataFrame({"first": norms.first(), "last": norms.last()})
    # A change from zero, at which biases are initialised, is infinitely large.
    ends = ends[(ends["first"] > 0) & (ends["last"] > 0)]
    if ends.empty:
        return f"No layer had weights both before and after {steps}", "no unit is dead"
    most = np.log(ends["last"] / ends["first"]).abs().idxmax()
    before, after = ends.loc[most]
    return (
        f"The norm of {most} changed most",
        f"{before:.3g} → {after:.3g} (×{after / before:.3g}) in {steps}; no unit is dead",
    )
