"""Callbacks beside the steps: averaged weights, and a line in the log for each epoch."""

import logging
import time
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback
from torch.optim.swa_utils import get_ema_multi_avg_fn

log = logging.getLogger(__name__)


class WarmedUpAverage(Callback):
    """Exponential moving average of the weights, used for validation and export.

    The first update copies the weights. From then on, after ``n`` updates, the
    average keeps a share ``min(decay, (1 + n) / (10 + n))`` of itself, so that it
    follows quickly at first. Statistics of batch norms are averaged too; integer
    buffers are not.

    During validation the network holds the averaged weights, and after training
    it keeps them. In a checkpoint they are the ``state_dict``; the weights that
    are trained are ``current_model_state``.

    Lightning's `WeightAveraging` makes its copy while the network is still on the
    CPU, so that each update copies every weight from the GPU, and its count of
    updates lies on the device and is read twice per update. Here the average lies
    where the network does, an update is one fused operation, and the count is the
    trainer's number of optimiser steps.

    Parameters
    ----------
    decay : float
        Largest share of the old average that an update keeps.
    """

    def __init__(self, decay: float) -> None:
        self._decay = decay
        self._averaged: dict[str, torch.Tensor] = {}
        self._current: dict[str, torch.Tensor] = {}
        self._steps = 0

    def on_load_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Resume from the averaged and the trained weights of a checkpoint."""
        self._averaged = checkpoint["state_dict"]
        pl_module.load_state_dict(checkpoint["current_model_state"])

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Place the average where the network is; without a checkpoint it is a copy of it."""
        # These share their memory with the weights, which the optimiser changes in place.
        self._current = {
            name: value
            for name, value in pl_module.state_dict().items()
            if value.is_floating_point()
        }
        loaded = self._averaged or self._current
        self._averaged = {
            name: loaded[name].to(value.device, copy=True) for name, value in self._current.items()
        }
        self._steps = trainer.global_step

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, *batch: Any
    ) -> None:
        """Update the average if the optimiser has taken a step."""
        if trainer.global_step == self._steps:
            return
        updates = trainer.global_step - 1
        keep = min(self._decay, (1 + updates) / (10 + updates)) if updates else 0.0
        average = get_ema_multi_avg_fn(keep)
        average(tuple(self._averaged.values()), tuple(self._current.values()), updates)
        self._steps = trainer.global_step

    def on_validation_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Validate with the averaged weights."""
        self._swap()

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Train on with the other ones."""
        self._swap()

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Leave the averaged weights in the network."""
        for name, value in self._current.items():
            value.copy_(self._averaged[name])

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Put the averaged weights where weights are looked for."""
        checkpoint["current_model_state"] = checkpoint["state_dict"]
        checkpoint["state_dict"] = checkpoint["state_dict"] | self._averaged

    def _swap(self) -> None:
        for name, value in self._current.items():
            held = value.clone()
            value.copy_(self._averaged[name])
            self._averaged[name].copy_(held)


class EpochLog(Callback):
    """One line in the log at the end of each epoch, for runs without a terminal."""

    def __init__(self) -> None:
        self._started = 0.0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock, of an epoch that is gone on with, too."""
        self._started = time.perf_counter()

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock of an epoch."""
        self._started = time.perf_counter()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Report loss, validation figures and speed."""
        if not trainer.is_global_zero:
            return
        seconds = time.perf_counter() - self._started
        figures = {name: float(value) for name, value in trainer.callback_metrics.items()}
        log.info(
            "epoch %d of up to %d: loss %.4f; validation loss %.4f, AUROC %.4f, AUPR %.4f; %.0f s",
            trainer.current_epoch + 1,
            trainer.max_epochs,
            figures["train_loss_epoch"],
            figures["valid_loss"],
            figures["valid_auroc"],
            figures["valid_auprc"],
            seconds,
        )
