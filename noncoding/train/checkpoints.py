"""Points that a training can go on from, written so that a kill at any moment leaves one."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Checkpoint

from noncoding.files import written_whole
from noncoding.train.failures import first_parameter_not_finite, unbounded


class ResumePoint(Checkpoint):
    """Keep the latest state of a training, at each epoch's end and every few minutes.

    The file is written beside its final name and renamed, so that there is always
    a whole one. It is not written over by weights that are not finite.

    Parameters
    ----------
    path : path
        Of the checkpoint.
    minutes : float
        Between two of them within an epoch.
    clock : callable
        Seconds, rising.
    """

    def __init__(
        self, path: Path, minutes: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._path = path
        self._seconds = 60 * minutes
        self._clock = clock
        self._last = clock()

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock."""
        self._last = self._clock()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, *batch: Any
    ) -> None:
        """Save if it is time; the first process decides for all."""
        # Gradients that were accumulated so far are not part of a checkpoint.
        if (trainer.fit_loop.epoch_loop.batch_idx + 1) % trainer.accumulate_grad_batches:
            return
        due = self._clock() - self._last >= self._seconds
        if trainer.strategy.broadcast(due) if trainer.world_size > 1 else due:
            self._save(trainer, pl_module)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save after validation."""
        self._save(trainer, pl_module)

    def _save(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if broken := first_parameter_not_finite(pl_module):
            raise unbounded(
                pl_module.current_epoch, trainer.fit_loop.epoch_loop.batch_idx, broken, self._path
            )
        for logger in trainer.loggers:  # what is told of the steps before is not lost either
            logger.save()
        if trainer.is_global_zero:
            with written_whole(self._path) as [partial]:
                trainer.save_checkpoint(partial)
        else:
            trainer.save_checkpoint(self._path)  # takes part; the first process writes
        self._last = self._clock()


def load_checkpoint(path: Path) -> dict[str, Any]:
    """A checkpoint's content, on the CPU."""
    return torch.load(path, map_location="cpu", weights_only=False)
