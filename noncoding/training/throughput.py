"""Speed, waiting time and memory of a training."""

import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback


class ThroughputLog(Callback):
    """Log speed, share of waiting and peak memory at each log interval.

    sequences_per_second
        Of all processes together, in the time of training without validation.
    waiting_share
        The share, from 0 to 1, of that time between the end of a step and the start of the
        next, in which a batch is read and copied to the device. The gap after a logged step
        is excluded, with the step after it, since logs are written in it, and the host waits
        for the GPU. Times are those of the host, which runs ahead of a GPU.
    peak_memory_mib
        The maximum since the start: of tensors on the GPU, or else of this process.

    Lightning's `ThroughputMonitor` is not used: it waits for the GPU after each batch, and
    does not measure waiting for data. This callback should be the last one, since the time of
    callbacks after it counts as waiting.

    Parameters
    ----------
    clock : callable
        Monotonic time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._gap_start: float | None = None
        self._step_start = 0.0
        self._last_end = 0.0
        self._clear()
        self._logged_step = 0

    def _clear(self) -> None:
        self._sequences = 0
        self._seconds = 0.0
        self._waited = 0.0
        self._watched = 0.0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock of an epoch that is resumed."""
        self.on_train_epoch_start(trainer, pl_module)

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock of an epoch."""
        self._last_end = self._clock()
        self._gap_start = self._last_end

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Record the time of a batch's arrival."""
        self._step_start = self._clock()

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Count the batch, and log if it is due."""
        now = self._clock()
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
            self._log(trainer, pl_module.device)
            self._gap_start = None

    def _log(self, trainer: pl.Trainer, device: torch.device) -> None:
        figures = {
            "sequences_per_second": self._sequences / self._seconds,
            "peak_memory_mib": peak_memory(device),
        }
        if self._watched:
            figures["waiting_share"] = self._waited / self._watched
        for logger in trainer.loggers:
            # Lightning counts steps from 0 in logs.
            logger.log_metrics(figures, step=trainer.global_step - 1)
        self._clear()


def peak_memory(device: torch.device) -> float:
    """Peak memory so far, in MiB: of tensors on a GPU, or else of this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    # In KiB, except on macOS.
    unit = 1 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
