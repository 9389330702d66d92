"""Log weight and gradient norms, dead units and histograms of each layer."""

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import TensorBoardLogger
from torch import nn

from noncoding.common.files import atomic_write
from noncoding.training.tables import LAYER_COLUMNS, RECORDS_PER_EPOCH

HISTOGRAMS_PER_EPOCH = 4
"""Maximum number of histograms per epoch, at least `STEPS_APART` apart."""
STEPS_APART = 50
"""With fewer steps between histograms, the logs of a small network take more than 3 % of the time;
with fewer between records, a GPU would be waited for more often."""
SAMPLED = 10_000
"""Maximum number of values in a histogram."""


def matrices(module: nn.Module) -> dict[str, nn.Parameter]:
    """The trained matrices and kernels of a network, by name.

    Biases are excluded whatever their shape (those of relative attention are matrices), and so
    are parameters of normalisation, scales, and parameters of positions: embeddings and the
    preference of the attention head.
    """
    others = ("bias", "embedding", "preference")
    return {
        name: parameter
        for name, parameter in _trained(module).items()
        if parameter.ndim > 1 and not any(word in name for word in others)
    }


def _trained(module: nn.Module) -> dict[str, nn.Parameter]:
    return {name: p for name, p in module.named_parameters() if p.requires_grad}


class LayerLog(Callback):
    """Norms of each trained tensor and of its gradient, dead units, and histograms.

    A unit is a row of a matrix or kernel, i.e. a channel of the layer's output. It is dead in a
    step if the gradient of its row is exactly zero, e.g. because a ReLU is inactive for all
    sequences of the batch.

    A record is taken after an optimiser step, of the updated weights and the clipped gradient.
    Before the first step only the weights are recorded, as step 0. Norms are Euclidean. On a GPU,
    records are at least `STEPS_APART` steps apart.

    Parameters
    ----------
    table : path
        CSV file that records are appended to, with columns `LAYER_COLUMNS`: step, int,
        optimiser steps; epoch, int, from 0; layer, str, name of the tensor in the network;
        weight_norm, gradient_norm, float; units, dead_units, int, of matrices and kernels.
        Values that require a gradient are empty for tensors without one. When a training
        starts or resumes, rows of later steps are removed.
    """

    def __init__(self, table: str | os.PathLike[str]) -> None:
        self._table = Path(table)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Remove records after the checkpoint; record the initial weights."""
        if not trainer.is_global_zero:
            return
        _keep_until(self._table, trainer.global_step)
        if trainer.global_step == 0:
            self._record(trainer, pl_module)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Record, if a record is due."""
        if not trainer.is_global_zero:
            return
        batches, a_step = int(trainer.num_training_batches), trainer.accumulate_grad_batches
        if (batch_idx + 1) % a_step and batch_idx + 1 < batches:
            return  # gradients are still being accumulated
        step, steps = batch_idx // a_step, -(-batches // a_step)
        apart = 1 if pl_module.device.type == "cpu" else STEPS_APART
        if is_due(step, steps, RECORDS_PER_EPOCH, apart):
            self._record(trainer, pl_module)
        if is_due(step, steps, HISTOGRAMS_PER_EPOCH, STEPS_APART):
            _write_histograms(trainer, pl_module.get_submodule("network"))

    def _record(self, trainer: Trainer, pl_module: LightningModule) -> None:
        network = pl_module.get_submodule("network")
        layers = _trained(network)
        gradients = {name: p.grad for name, p in layers.items() if p.grad is not None}
        rows = {name: gradients[name] for name in matrices(network) if name in gradients}
        tensors = [*(p.detach() for p in layers.values()), *gradients.values()]
        figures = torch.stack(
            [
                *(torch.linalg.vector_norm(tensor) for tensor in tensors),
                *((gradient.flatten(1) == 0).all(dim=1).sum() for gradient in rows.values()),
            ]
        ).tolist()  # one transfer from the device
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
    """Whether an action that is taken `times` per epoch is due after this step.

    The times are evenly spaced, and the last one is after the last of `steps`, which are counted
    from 0. If they are less than `apart` steps apart, there are fewer of them, but at least one.
    """
    times = max(1, min(times, steps // apart))
    return (step + 1) * times // steps > step * times // steps


def sampled(tensors: Sequence[torch.Tensor]) -> list[np.ndarray]:
    """Finite values of tensors; of one with more than `SAMPLED`, a sample with replacement.

    Parameters
    ----------
    tensors : sequence of torch.Tensor
        On the same device, from which all values are copied at once.

    Returns
    -------
    list of numpy.ndarray of float32, each shape=(at most SAMPLED,)
        The same values at each call.
    """
    if not tensors:
        return []
    flat = [values.detach().flatten() for values in tensors]
    # Separate generators, so that the random numbers of the training do not change.
    drawn = [
        torch.randint(len(values), (SAMPLED,), generator=torch.Generator().manual_seed(len(values)))
        if len(values) > SAMPLED
        else torch.arange(len(values))
        for values in flat
    ]
    sizes = [len(places) for places in drawn]
    places = torch.cat(drawn).to(flat[0].device).split(sizes)
    taken = torch.cat([values[at].float() for values, at in zip(flat, places, strict=True)])
    return [values[torch.isfinite(values)].numpy() for values in taken.cpu().split(sizes)]


def _write_histograms(trainer: Trainer, network: nn.Module) -> None:
    named: dict[str, torch.Tensor] = {}
    for name, parameter in _trained(network).items():
        named[f"weights/{name}"] = parameter
        if parameter.grad is not None:
            named[f"gradients/{name}"] = parameter.grad
    for logger in trainer.loggers:
        if not isinstance(logger, TensorBoardLogger):
            continue
        for name, drawn in zip(named, sampled(list(named.values())), strict=True):
            # TensorBoard's bins end at 1e20; non-finite weights are reported elsewhere.
            if len(drawn) and (np.abs(drawn) < 1e19).all():
                logger.experiment.add_histogram(name, drawn, trainer.global_step)


def _keep_until(path: Path, step: int) -> None:
    """Reduce a table of norms to its header and the rows up to a step."""
    kept: list[list[str]] = []
    if path.exists():
        with path.open(encoding="utf-8", newline="") as handle:
            # The step of an incomplete row may have lost digits.
            whole = [row for row in csv.reader(handle) if len(row) == len(LAYER_COLUMNS)]
        kept = [row for row in whole[1:] if int(row[0]) <= step and step > 0]
    with (
        atomic_write(path) as [partial],
        partial.open("w", newline="", encoding="utf-8") as handle,
    ):
        csv.writer(handle, lineterminator="\n").writerows([LAYER_COLUMNS, *kept])
