"""Exponential moving average of the weights, and a log line per epoch."""

import logging
import resource
import sys
import time
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback
from torch.optim.swa_utils import get_ema_multi_avg_fn

from noncoding.training.tables import EPOCH_METRICS

log = logging.getLogger(__name__)


class ExponentialMovingAverage(Callback):
    """Exponential moving average of the weights, used for validation and export.

    The first update copies the weights. After ``n`` updates, the decay is
    ``min(decay, (1 + n) / (10 + n))``, so that the average follows quickly at first.
    Statistics of batch normalisation are averaged, too; integer buffers are not.

    During validation and after training, the network has the averaged weights. In a checkpoint
    these are the ``state_dict``, and the trained weights are ``current_model_state``.

    Lightning's `WeightAveraging` is not used: it averages on the CPU, averages integer buffers,
    and reads its counter from the device twice per update, for which a GPU is waited for.
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
        """Exchange the trained and the averaged weights."""
        for name, value in self._current.items():
            current = value.clone()
            value.copy_(self._averaged[name])
            self._averaged[name].copy_(current)

    on_validation_epoch_end = on_validation_epoch_start  # back to the trained weights

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


class EpochLog(Callback):
    """One log line at the end of each epoch, and one a minute within an epoch."""

    _INTERVAL = 60.0
    """Seconds between lines within an epoch."""

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock."""
        self._started = self._logged = time.perf_counter()

    on_train_start = on_train_epoch_start  # of an epoch that is resumed

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Log the share of the epoch that is done, if it is due."""
        now = time.perf_counter()
        if not trainer.is_global_zero or now - self._logged < self._INTERVAL:
            return
        self._logged = now
        done, total = batch_idx + 1, trainer.num_training_batches
        log.info(
            "epoch %d of up to %d: %s of %s batches (%.0f%%) in %.0f s",
            trainer.current_epoch + 1,
            trainer.max_epochs,
            f"{done:,}",
            f"{total:,}",
            100 * done / total,
            now - self._started,
        )

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log loss, validation metrics and seconds."""
        if not trainer.is_global_zero:
            return
        seconds = time.perf_counter() - self._started
        log.info(
            "epoch %d of up to %d: loss %.4f; validation loss %.4f, AUROC %.4f, AUPR %.4f; %.0f s",
            trainer.current_epoch + 1,
            trainer.max_epochs,
            *(float(trainer.callback_metrics[name]) for name in EPOCH_METRICS),
            seconds,
        )


class ThroughputLog(Callback):
    """Log speed, share of waiting and peak memory at each log interval.

    sequences_per_second
        Of all processes together, in the time of training without validation.
    waiting_share
        The share, from 0 to 1, of that time between the end of a step and the start of the
        next, in which a batch is read and copied to the device. Gaps in which logs or a checkpoint
        are written, and the host waits for the GPU, are excluded, with the step after them. Times
        are those of the host, which runs ahead of a GPU.
    peak_memory_mib
        The maximum since the start: of tensors on the GPU, or else of this process.

    Lightning's `ThroughputMonitor` is not used: it waits for the GPU after each batch, and
    does not measure waiting for data. Only callbacks that write checkpoints may come after this
    one, since the time of others would count as waiting.
    """

    def __init__(self) -> None:
        self._gap_start: float | None = None
        self._clear()
        self._logged_step = 0

    def _clear(self) -> None:
        self._sequences = 0
        self._seconds = 0.0
        self._waited = 0.0
        self._watched = 0.0

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock."""
        self._last_end = self._gap_start = time.perf_counter()

    on_train_start = on_train_epoch_start  # of an epoch that is resumed

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Record the time of a batch's arrival."""
        self._step_start = time.perf_counter()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, *_: Any
    ) -> None:
        """Count the batch, and log if it is due."""
        now = time.perf_counter()
        self._sequences += len(batch[0]) * trainer.world_size
        self._seconds += now - self._last_end
        if self._gap_start is not None:
            self._waited += self._step_start - self._gap_start
            self._watched += now - self._gap_start
        self._last_end = self._gap_start = now
        every: int = trainer.log_every_n_steps  # type: ignore[attr-defined]
        # With accumulated gradients, several batches end at the same step.
        if trainer.global_step % every == 0 and trainer.global_step > self._logged_step:
            self._logged_step = trainer.global_step
            figures = {
                "sequences_per_second": self._sequences / self._seconds,
                "peak_memory_mib": peak_memory(pl_module.device),
            }
            if self._watched:
                figures["waiting_share"] = self._waited / self._watched
            for logger in trainer.loggers:
                # Lightning counts steps from 0 in logs.
                logger.log_metrics(figures, step=trainer.global_step - 1)
            self._clear()
            self._gap_start = None

    def on_save_checkpoint(self, *_: Any) -> None:
        """Exclude the gap in which the checkpoint is written."""
        self._gap_start = None


def peak_memory(device: torch.device) -> float:
    """Peak memory so far, in MiB: of tensors on a GPU, or else of this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    # In KiB, except on macOS.
    unit = 1 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
