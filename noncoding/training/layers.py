"""How each layer changes in training: norms, dead units, histograms, and a figure of them."""

import csv
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytorch_lightning as pl
import torch
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import TensorBoardLogger

from noncoding.common.files import atomic_write
from noncoding.common.plot_style import saved_figure
from noncoding.training.matrices import matrices

COLUMNS = ("step", "epoch", "layer", "weight_norm", "gradient_norm", "units", "dead_units")
RECORDS = 20
"""Records of the norms an epoch, at most one a step."""
HISTOGRAMS = 4
"""Times an epoch that histograms are written, if they are at least `HISTOGRAM_STEPS` apart."""
HISTOGRAM_STEPS = 50
"""In a short epoch of a small network the logs would else cost more than 3 % of the time."""
SAMPLED = 10_000
"""Values of a tensor that its histogram is made from, at most."""
_BEYOND_BINS = 1e19
"""TensorBoard's bins end at 1e20."""
_WIDTH = 200
"""Columns of a heat map, at most."""


class LayerLog(Callback):
    """Norms of every trained tensor and of its gradient, dead units, and histograms.

    A unit is a row of a matrix or kernel, which makes one channel of the layer's output.
    It is dead in a step if the gradient of its row is exactly zero: no sequence of the
    batch moves it, as when a ReLU is off for all of them.

    A record is taken after an optimiser step: of the weights that it made, and
    of the gradient that it used, which is the clipped one. Before the first
    step the weights alone are recorded, as step 0. Norms are Euclidean.

    Parameters
    ----------
    table : path
        CSV file that norms are appended to, columns `COLUMNS`: step, int,
        optimiser steps taken; epoch, int, from 0; layer, str, name of the
        tensor in the network; weight_norm, gradient_norm, float; units,
        dead_units, int, of matrices and kernels. What needs a gradient is empty
        for a tensor that has none. When a training begins or goes on, rows of
        later steps than it has taken are dropped.
    """

    def __init__(self, table: str | os.PathLike[str]) -> None:
        self._table = Path(table)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Drop what was recorded after the checkpoint; record the first weights."""
        if not trainer.is_global_zero:
            return
        _keep_until(self._table, trainer.global_step)
        if trainer.global_step == 0:
            self._record(trainer, pl_module)

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Record, if it is time to."""
        if not trainer.is_global_zero:
            return
        batches, a_step = int(trainer.num_training_batches), trainer.accumulate_grad_batches
        if (batch_idx + 1) % a_step and batch_idx + 1 < batches:
            return  # gradients are still being accumulated
        step, steps = batch_idx // a_step, -(-batches // a_step)
        if is_due(step, steps, RECORDS):
            self._record(trainer, pl_module)
        if is_due(step, steps, HISTOGRAMS, HISTOGRAM_STEPS):
            _write_histograms(trainer, pl_module)

    def _record(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        layers = _trained(pl_module)
        gradients = {name: p.grad for name, p in layers.items() if p.grad is not None}
        kernels = {name.removeprefix("network.") for name in matrices(pl_module)}
        rows = {name: gradient for name, gradient in gradients.items() if name in kernels}
        figures = torch.stack(
            [
                *torch._foreach_norm([*(p.detach() for p in layers.values()), *gradients.values()]),
                *((gradient.flatten(1) == 0).all(dim=1).sum() for gradient in rows.values()),
            ]
        ).tolist()  # one transfer from the device for all of them
        weight_norms, figures = figures[: len(layers)], figures[len(layers) :]
        gradient_norms = dict(zip(gradients, figures, strict=False))
        dead = dict(zip(rows, figures[len(gradients) :], strict=True))
        with self._table.open("a", newline="", encoding="utf-8") as handle:
            csv.writer(handle, lineterminator="\n").writerows(
                (
                    trainer.global_step,
                    trainer.current_epoch,
                    name,
                    f"{weight_norm:.6g}",
                    f"{gradient_norms[name]:.6g}" if name in gradients else "",
                    len(rows[name]) if name in rows else "",
                    int(dead[name]) if name in rows else "",
                )
                for name, weight_norm in zip(layers, weight_norms, strict=True)
            )


def is_due(step: int, steps: int, times: int, apart: int = 1) -> bool:
    """Whether something that is done `times` an epoch is done after this step.

    The times are spread evenly, and the last one is after the last step. In an
    epoch with too few steps to lie that far apart they are fewer, but one.

    Parameters
    ----------
    step : int
        Within the epoch, from 0.
    steps, times : int
        Of an epoch.
    apart : int
        Steps between two times, at least.
    """
    times = max(1, min(times, steps // apart))
    return (step + 1) * times // steps > step * times // steps


def sampled(values: torch.Tensor) -> np.ndarray:
    """Finite values of a tensor, at most `SAMPLED`, the same ones whenever it is asked.

    Parameters
    ----------
    values : torch.Tensor, any shape

    Returns
    -------
    numpy.ndarray of float32, shape=(at most SAMPLED,)
        Drawn with replacement from a tensor that is larger.
    """
    flat = values.detach().flatten()
    if len(flat) > SAMPLED:
        # A generator of its own: the training's random numbers stay what they were.
        generator = torch.Generator().manual_seed(len(flat))
        places = torch.randint(len(flat), (SAMPLED,), generator=generator)
        flat = flat[places.to(flat.device)]
    drawn = flat.float().cpu()
    return drawn[torch.isfinite(drawn)].numpy()


def draw_layers(table: pd.DataFrame, *paths: str | os.PathLike[str]) -> None:
    """Draw weight norms, gradient-to-weight ratios and dead units, layer by step, and save them.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns `COLUMNS`, as `LayerLog` writes them.
    *paths : path
        One file a format.
    """
    layers = list(table["layer"].unique())
    table = table.assign(
        ratio=table["gradient_norm"] / table["weight_norm"].replace(0, np.nan),
        dead=table["dead_units"] / table["units"],
    )
    later = table[table["step"] > 0]
    steps = np.sort(later["step"].unique())
    # Neighbouring records share a column where there are more than can be told apart.
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
    """Draw values, shape=(layers, columns), each column from one edge to the next.

    Without a norm the scale is logarithmic, between quantiles of the values: a few
    extremes do not set it, such as weights that begin at zero, or that the loss does not
    depend on.
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
        # Of a short range all ticks would be written; the labels of several would overlap.
        bar.ax.xaxis.set_major_locator(LogLocator(subs=(1.0,), numticks=4))
        bar.ax.xaxis.set_minor_formatter(NullFormatter())


def dead_units(table: pd.DataFrame) -> pd.DataFrame:
    """Layers with units that were dead in all of the last `RECORDS` records.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns `COLUMNS`, as `LayerLog` writes them.

    Returns
    -------
    pandas.DataFrame
        Index: layer, highest share of dead units first. Columns: dead_units, at
        least so many were dead throughout; units.
    """
    last = table[table["step"].isin(np.sort(table["step"].unique())[-RECORDS:])]
    least = last.dropna(subset="dead_units").groupby("layer", sort=False)
    found = least[["dead_units", "units"]].min().astype(int).query("dead_units > 0")
    share = found["dead_units"] / found["units"]
    return found.loc[share.sort_values(ascending=False, kind="stable").index]


def _finding(table: pd.DataFrame) -> str:
    """Which layer has the most dead units at the end; without any, which changed most."""
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
    # From zero, where biases begin, every change is infinitely large.
    ends = ends[(ends["first"] > 0) & (ends["last"] > 0)]
    if ends.empty:
        return f"No layer had weights both before and after {steps}"
    most = np.log(ends["last"] / ends["first"]).abs().idxmax()
    before, after = ends.loc[most]
    return (
        f"{most} changed most: norm {before:.3g} → {after:.3g} (×{after / before:.3g}) in {steps};"
        " no unit is dead"
    )


def _trained(module: pl.LightningModule) -> dict[str, torch.nn.Parameter]:
    return {
        name.removeprefix("network."): parameter
        for name, parameter in module.named_parameters()
        if parameter.requires_grad
    }


def _write_histograms(trainer: pl.Trainer, module: pl.LightningModule) -> None:
    for logger in trainer.loggers:
        if not isinstance(logger, TensorBoardLogger):
            continue
        for name, parameter in _trained(module).items():
            for what, values in (("weights", parameter), ("gradients", parameter.grad)):
                drawn = np.empty(0) if values is None else sampled(values)
                # Values that ran away have no bins; the check of the weights tells of them.
                if len(drawn) and (np.abs(drawn) < _BEYOND_BINS).all():
                    logger.experiment.add_histogram(f"{what}/{name}", drawn, trainer.global_step)


def _keep_until(path: Path, step: int) -> None:
    """Leave a table of norms with a header and the rows of no later step."""
    kept: list[list[str]] = []
    if path.exists():
        with path.open(encoding="utf-8", newline="") as handle:
            # A row that was cut off while it was written may have lost digits of its step.
            whole = [row for row in csv.reader(handle) if len(row) == len(COLUMNS)]
        kept = [row for row in whole[1:] if int(row[0]) <= step and step > 0]
    with (
        atomic_write(path) as [partial],
        partial.open("w", newline="", encoding="utf-8") as handle,
    ):
        csv.writer(handle, lineterminator="\n").writerows([COLUMNS, *kept])
