"""Exponential moving average of the weights, and a log line per epoch."""

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

    The first update copies the weights. After ``n`` updates, the decay is
    ``min(decay, (1 + n) / (10 + n))``, so that the average follows quickly at first.
    Statistics of batch normalisation are averaged, too; integer buffers are not.

    During validation and after training, the network has the averaged weights. In a checkpoint
    these are the ``state_dict``, and the trained weights are ``current_model_state``.

    Lightning's `WeightAveraging` is not used: it averages on the CPU, averages integer buffers,
    and reads its counter from the device twice per update, for which a GPU is waited for.

    Parameters
    ----------
    decay : float
        Maximum decay.
    """

    def __init__(self, decay: float) -> None:
        self._decay = decay
        self._averaged: dict[str, torch.Tensor] = {}
        self._current: dict[str, torch.Tensor] = {}
        self._steps = 0

    def on_load_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Load the averaged and the trained weights of a checkpoint."""
        self._averaged = checkpoint["state_dict"]
        pl_module.load_state_dict(checkpoint["current_model_state"])

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Copy the average to the device of the network; without a checkpoint, copy the network."""
        # Views of the weights, which the optimiser updates in place.
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
        """Update the average after a step of the optimiser."""
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
        """Continue with the trained weights."""
        self._swap()

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Copy the averaged weights to the network."""
        for name, value in self._current.items():
            value.copy_(self._averaged[name])

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Save the averaged weights as ``state_dict``."""
        checkpoint["current_model_state"] = checkpoint["state_dict"]
        checkpoint["state_dict"] = checkpoint["state_dict"] | self._averaged

    def _swap(self) -> None:
        for name, value in self._current.items():
            current = value.clone()
            value.copy_(self._averaged[name])
            self._averaged[name].copy_(current)


class EpochLog(Callback):
    """One log line at the end of each epoch, for runs without a terminal."""

    def __init__(self) -> None:
        self._started = 0.0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock of an epoch that is resumed."""
        self._started = time.perf_counter()

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock of an epoch."""
        self._started = time.perf_counter()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log loss, validation metrics and seconds."""
        if not trainer.is_global_zero:
            return
        seconds = time.perf_counter() - self._started
        metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
        log.info(
            "epoch %d of up to %d: loss %.4f; validation loss %.4f, AUROC %.4f, AUPR %.4f; %.0f s",
            trainer.current_epoch + 1,
            trainer.max_epochs,
            metrics["train_loss_epoch"],
            metrics["valid_loss"],
            metrics["valid_auroc"],
            metrics["valid_auprc"],
            seconds,
        )
