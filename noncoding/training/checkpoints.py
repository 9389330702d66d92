"""Atomic checkpoints, best epoch and early stopping."""

import os
import signal
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Checkpoint, EarlyStopping, ModelCheckpoint
from pytorch_lightning.plugins import TorchCheckpointIO

from noncoding.common.errors import InputError
from noncoding.common.files import atomic_write, sync
from noncoding.training.failures import is_out_of_memory, non_finite, non_finite_weights

STOP_SIGNALS = (signal.SIGTERM, signal.SIGUSR1)
"""Signals that clusters send before they preempt or end a job."""
_UPDATES_BETWEEN_CLOCKS = 20
"""Several processes agree on the time less often, since they wait for each other."""


class AtomicCheckpoints(TorchCheckpointIO):
    """Checkpoints that are written atomically.

    Lightning writes to the folder for temporary files, and moves from there; to another disk
    this is a copy, which can be interrupted.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | os.PathLike[str], storage_options: Any = None
    ) -> None:
        """Write beside the final name, and rename once all bytes are on disk."""
        with atomic_write(path) as [partial], partial.open("wb") as file:
            torch.save(checkpoint, file)

    def load_checkpoint(
        self, path: str | os.PathLike[str], map_location: Any = None, weights_only: Any = None
    ) -> dict[str, Any]:
        """See `load_checkpoint`, which ignores the options."""
        return load_checkpoint(Path(path))


class BestEpoch(ModelCheckpoint):
    """Keep the weights of the epoch with the highest validation AUPR, and its metrics.

    The state contains no paths, so that a training that was moved resumes with its best score.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(
            path.parent,
            filename=path.stem,
            monitor="valid_auprc",
            mode="max",
            enable_version_counter=False,
        )
        self._path = path

    def state_dict(self) -> dict[str, Any]:
        """The best score."""
        return {"best_model_score": self.best_model_score}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the best score."""
        path, score = str(Path(self.dirpath or "", self._path.name)), state_dict["best_model_score"]
        if score is not None:
            paths = {"best_model_path": path, "kth_best_model_path": path}
            state_dict = state_dict | paths | {"kth_value": score, "best_k_models": {path: score}}
            super().load_state_dict(state_dict | {"dirpath": self.dirpath})

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Save the metrics of the last validation."""
        metrics = trainer.callback_metrics
        checkpoint["figures"] = {name: float(value) for name, value in metrics.items()}


class Patience(EarlyStopping):
    """Stop after a number of epochs without an increase in validation AUPR.

    A training that was killed after it had stopped, e.g. during the export, stops at once when
    it is resumed.
    """

    def __init__(self, epochs: int) -> None:
        super().__init__("valid_auprc", mode="max", patience=epochs)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stop if the checkpoint is of a training that had stopped."""
        if self.wait_count >= self.patience:
            trainer.should_stop = True


class ResumePoint(Checkpoint):
    """Save the latest state of a training at the end of each epoch and every few minutes.

    Non-finite weights are not saved. After one of `STOP_SIGNALS`, the state is saved at the end
    of the current step or validation, and the training stops.

    Lightning's `ModelCheckpoint` with ``train_time_interval`` is not used: it also saves
    between accumulated batches and before the validation at the end of an epoch, from where
    a training does not resume with the same result.

    Parameters
    ----------
    path : path
        Of the checkpoint.
    minutes : float
        Between checkpoints within an epoch.
    """

    def __init__(self, path: Path, minutes: float) -> None:
        self._path = path
        self._seconds = 60 * minutes
        self._signal = 0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock, and replace Lightning's signal handlers, which save no state."""
        self._last = time.monotonic()
        if threading.current_thread() is threading.main_thread():
            for number in STOP_SIGNALS:
                signal.signal(number, self._receive)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, *batch: Any
    ) -> None:
        """Save if a checkpoint is due for any of the processes."""
        # A checkpoint does not contain accumulated gradients.
        if (trainer.fit_loop.epoch_loop.batch_idx + 1) % trainer.accumulate_grad_batches:
            return
        # Resumed after the last batch of an epoch, Lightning would skip its validation.
        if trainer.fit_loop.epoch_loop.batch_progress.is_last_batch:
            return
        due = bool(self._signal) or time.monotonic() - self._last >= self._seconds
        if trainer.world_size > 1:
            due = trainer.global_step % _UPDATES_BETWEEN_CLOCKS == 0 and (
                trainer.strategy.reduce_boolean_decision(due, all=False)
            )
        if due:
            self.on_train_epoch_end(trainer, pl_module)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save the state, after validation or within an epoch; stop after a signal."""
        if weights := non_finite_weights(pl_module):
            batch = trainer.fit_loop.epoch_loop.batch_idx
            raise non_finite(pl_module.current_epoch, batch, weights, self._path)
        for logger in trainer.loggers:  # including the rows of the steps so far
            logger.save()
        if trainer.is_global_zero:
            for table in self._path.parent.rglob("*.csv"):
                sync(table)
        trainer.save_checkpoint(self._path)  # in all processes; the first one writes
        self._last = time.monotonic()
        stops = bool(self._signal)
        if trainer.world_size > 1:  # one is enough: the others would wait for it forever
            stops = trainer.strategy.reduce_boolean_decision(stops, all=False)
        if stops:
            number = self._signal or signal.SIGTERM
            raise InputError(
                f"this training, epoch {trainer.current_epoch}",
                f"the signal {signal.Signals(number).name}, a request to stop",
                "to train to the end",
                f"The state is saved in {self._path}: run the same command again to resume.",
            )

    def _receive(self, number: int, _frame: object) -> None:
        self._signal = number


def load_checkpoint(path: Path) -> dict[str, Any]:
    """Tensors and plain values of a checkpoint, on the CPU; no code is run.

    Raises
    ------
    InputError
        It is missing or damaged, or contains other objects.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if (damaged := archive.testzip()) is not None:
                raise ValueError(f"the checksum of {damaged} is not that of the archive")
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # of any type, for a damaged file
        if is_out_of_memory(error):  # for an intact one
            raise
        why = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise InputError(
            path,
            f"a file that cannot be loaded as a checkpoint ({why})",
            "a checkpoint of this training",
            f"Restore it, or delete {path.parent} to train from the start.",
        ) from error
