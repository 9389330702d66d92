"""How fast a training goes, what it waits for, and how much memory it takes."""

import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback


class ThroughputLog(Callback):
    """Speed, share of waiting and peak memory, to all loggers at each log interval.

    sequences_per_second
        Of all processes together, in the time of training; validation is left out.
    waiting_share
        Of 0 to 1, the share of that time between the end of a step and the start
        of the next, in which a batch is fetched and brought to the device.
        The gap after a step that is logged is left out, with the step after it: in
        it the logs are written, and a GPU is waited for. By the clock of the host,
        which runs ahead of a GPU: what it does not wait for is not seen.
    peak_memory_mib
        The most that was held since the start: by tensors on the GPU, or, without
        one, by this process in memory.

    Nothing here waits for a GPU. It should be the last of the callbacks, so that
    what the others do is not taken for waiting.

    Parameters
    ----------
    clock : callable
        Seconds, rising.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._gap_began: float | None = None
        self._step_began = 0.0
        self._last_end = 0.0
        self._clear()
        self._logged_step = 0

    def _clear(self) -> None:
        self._sequences = 0
        self._seconds = 0.0
        self._waited = 0.0
        self._watched = 0.0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock: a training that goes on within an epoch has no start of it."""
        self.on_train_epoch_start(trainer, pl_module)

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """The first batch is waited for from here on."""
        self._last_end = self._clock()
        self._gap_began = self._last_end

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """A batch has come."""
        self._step_began = self._clock()

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Count the step, and log if it is time to."""
        now = self._clock()
        self._sequences += len(batch[0]) * trainer.world_size
        self._seconds += now - self._last_end
        if self._gap_began is not None:
            self._waited += self._step_began - self._gap_began
            self._watched += now - self._gap_began
        self._last_end = self._gap_began = now
        every: int = trainer.log_every_n_steps  # type: ignore[attr-defined]
        # Where gradients are accumulated, several batches end at the same step.
        if trainer.global_step % every == 0 and trainer.global_step > self._logged_step:
            self._logged_step = trainer.global_step
            self._log(trainer, pl_module.device)
            self._gap_began = None

    def _log(self, trainer: pl.Trainer, device: torch.device) -> None:
        figures = {
            "sequences_per_second": self._sequences / self._seconds,
            "peak_memory_mib": peak_memory(device),
        }
        if self._watched:
            figures["waiting_share"] = self._waited / self._watched
        for logger in trainer.loggers:
            # The number that Lightning gives this step: the first is 0.
            logger.log_metrics(figures, step=trainer.global_step - 1)
        self._clear()


def peak_memory(device: torch.device) -> float:
    """The most memory held so far, in MiB.

    Parameters
    ----------
    device : torch.device
        A GPU: what tensors took of it. Else what this process took of the memory.
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    # In KiB, but for macOS.
    unit = 1 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
