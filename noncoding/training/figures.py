"""Figures of a training: the learning curve, and a heat map of its layers."""

import os

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from noncoding.common.plot_style import COLOURS, saved_figure
from noncoding.training.tables import dead_units

_WIDTH = 200
"""Maximum number of columns of a heat map."""


def draw_learning_curve(curve: pd.DataFrame, *paths: str | os.PathLike[str]) -> None:
    """Plot a learning curve (see `noncoding.training.tables.learning_curve`) and save it."""
    best = curve["valid_auprc"].idxmax()
    with saved_figure(*paths, size=(8, 3.4)) as figure:
        figure.suptitle(
            f"Best after epoch {best} of {curve.index[-1]}: validation AUPR "
            f"{curve.loc[best, 'valid_auprc']:.3f}, AUROC {curve.loc[best, 'valid_auroc']:.3f}",
            x=0.01,
            ha="left",
        )
        loss, quality = figure.subplots(1, 2)
        loss.plot(curve["train_loss"], "o-", label="training", color=COLOURS[0])
        loss.plot(curve["valid_loss"], "s--", label="validation", color=COLOURS[1])
        loss.set(xlabel="epoch", ylabel="binary cross-entropy (nats)")
        loss.legend()
        quality.plot(curve["valid_auprc"], "o-", label="AUPR", color=COLOURS[2])
        quality.plot(curve["valid_auroc"], "s--", label="AUROC", color=COLOURS[3])
        quality.set(xlabel="epoch", ylabel="validation, mean over targets", ylim=(0, 1.05))
        quality.legend()
        for axes in (loss, quality):
            axes.axvline(best, color="0.8", zorder=0)
            axes.xaxis.get_major_locator().set_params(integer=True)


def draw_layers(table: pd.DataFrame, *paths: str | os.PathLike[str]) -> None:
    """Plot weight norms, gradient-to-weight ratios and dead units by layer and step; save them.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns `noncoding.training.tables.LAYER_COLUMNS`.
    *paths : path
        One file per format.
    """
    layers = list(table["layer"].unique())
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
    with saved_figure(*paths, size=(11, 2 + 0.13 * len(layers))) as figure:
        figure.suptitle(_finding(table), x=0.01, ha="left")
        panels = figure.subplots(1, 3, sharey=True, width_ratios=[3, 3, 2])
        for axes, values, colours, label in zip(
            panels,
            ("weight_norm", "ratio", "dead"),
            ("viridis", "inferno", "Reds"),
            (
                "weight norm",
                "gradient norm /\nweight norm (nats)",
                "dead units\n(share of the layer)",
            ),
            strict=True,
        ):
            means = later.groupby(["layer", column])[values].mean().unstack().reindex(layers)
            norm = Normalize(0, 1) if values == "dead" else None
            _heat_map(axes, means.to_numpy(), edges, colours, label, norm)
        panels[0].set_yticks(np.arange(len(layers)), layers, fontsize=7)
        panels[0].invert_yaxis()


def _heat_map(
    axes: Axes,
    values: np.ndarray,
    edges: np.ndarray,
    colours: str,
    label: str,
    norm: Normalize | None,
) -> None:
    """Plot values, shape=(layers, columns), each column from one edge to the next.

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
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True, prune="upper"))
    axes.tick_params(axis="y", length=0)
    bar = axes.figure.colorbar(drawn, ax=axes, location="top", extend=extend, aspect=30, pad=0.01)
    bar.set_label(label)
    if isinstance(norm, LogNorm):
        # Otherwise all ticks of a short range are labelled, and the labels overlap.
        bar.ax.xaxis.set_major_locator(LogLocator(subs=(1.0,), numticks=4))
        bar.ax.xaxis.set_minor_formatter(NullFormatter())


def _finding(table: pd.DataFrame) -> str:
    """The layer with the most dead units at the end, or else the one that changed most."""
    steps = f"{table['step'].max():,} steps"
    dead = dead_units(table)
    if len(dead):
        more = f"; {len(dead) - 1} more with dead units" if len(dead) > 1 else ""
        first = dead.iloc[0]
        return (
            f"{dead.index[0]}: {first['dead_units']} of {first['units']} units are dead "
            f"at the end of {steps}{more}"
        )
    norms = table.sort_values("step", kind="stable").groupby("layer", sort=False)["weight_norm"]
    ends = pd.DataFrame({"first": norms.first(), "last": norms.last()})
    # A change from zero, at which biases are initialised, is infinitely large.
    ends = ends[(ends["first"] > 0) & (ends["last"] > 0)]
    if ends.empty:
        return f"No layer had weights both before and after {steps}"
    most = np.log(ends["last"] / ends["first"]).abs().idxmax()
    before, after = ends.loc[most]
    return (
        f"{most} changed most: norm {before:.3g} → {after:.3g} (×{after / before:.3g}) in {steps};"
        " no unit is dead"
    )
