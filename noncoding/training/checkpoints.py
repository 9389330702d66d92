"""Points that a training can go on from, written so that a kill at any moment leaves one."""

import os
import signal
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from lightning_fabric.plugins import TorchCheckpointIO
from pytorch_lightning.callbacks import Checkpoint, EarlyStopping, ModelCheckpoint

from noncoding.common.errors import InputError
from noncoding.common.files import atomic_write, sync
from noncoding.training.failures import first_parameter_not_finite, is_out_of_memory, unbounded

STOPPING = (signal.SIGTERM, signal.SIGUSR1)
"""Signals that a cluster sends ahead, before it takes a machine away or ends a job."""
UPDATES_BETWEEN_CLOCKS = 20
"""Of several processes: to agree on the time at each update would make them wait."""


class WholeCheckpoints(TorchCheckpointIO):
    """Checkpoints that appear whole under their name, or not at all.

    Lightning itself writes to the folder of temporary files and moves from there,
    which is a copy that can be cut short where that is another disk.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | os.PathLike[str], storage_options: Any = None
    ) -> None:
        """Write beside the final name, and rename once all bytes are on the disk."""
        with atomic_write(path) as [partial], partial.open("wb") as file:
            torch.save(checkpoint, file)

    def load_checkpoint(
        self, path: str | os.PathLike[str], map_location: Any = None, weights_only: Any = None
    ) -> dict[str, Any]:
        """As `load_checkpoint`, whatever else is asked for."""
        return load_checkpoint(Path(path))


class BestEpoch(ModelCheckpoint):
    """Keep the weights of the epoch with the highest validation AUPR, and its figures.

    Checkpoints name no folder: one that was moved goes on with the best score so far.

    Parameters
    ----------
    path : path
        Of the checkpoint.
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
        """Go on from the best score."""
        path, score = str(Path(self.dirpath or "", self._path.name)), state_dict["best_model_score"]
        if score is not None:
            paths = {"best_model_path": path, "kth_best_model_path": path}
            state_dict = state_dict | paths | {"kth_value": score, "best_k_models": {path: score}}
            super().load_state_dict(state_dict | {"dirpath": self.dirpath})

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Keep the figures of the last epoch that was validated."""
        metrics = trainer.callback_metrics
        checkpoint["figures"] = {name: float(value) for name, value in metrics.items()}


class Patience(EarlyStopping):
    """Stop when the validation AUPR has not risen for so many epochs.

    A training that was killed after it had been stopped, while its model was
    exported say, does not go on when it is started again.
    """

    def __init__(self, epochs: int) -> None:
        super().__init__("valid_auprc", mode="max", patience=epochs)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stop at once, if the checkpoint says so."""
        if self.wait_count >= self.patience:
            trainer.should_stop = True


class ResumePoint(Checkpoint):
    """Keep the latest state of a training, at each epoch's end and every few minutes.

    There is always a whole one (see `WholeCheckpoints`). It is not written over by
    weights that are not finite. A process that gets one of the signals `STOPPING` keeps
    its state after the step or the validation that it is in, and stops.

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
        self._asked = 0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start the clock, and listen for signals in place of Lightning, which keeps no state."""
        self._last = self._clock()
        if threading.current_thread() is threading.main_thread():
            for number in STOPPING:
                signal.signal(number, self._ask)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, *batch: Any
    ) -> None:
        """Save if it is time for any of the processes."""
        # Gradients that were accumulated so far are not part of a checkpoint.
        if (trainer.fit_loop.epoch_loop.batch_idx + 1) % trainer.accumulate_grad_batches:
            return
        # Going on from after the last batch, Lightning would leave out the validation.
        if trainer.fit_loop.epoch_loop.batch_progress.is_last_batch:
            return
        due = bool(self._asked) or self._clock() - self._last >= self._seconds
        if trainer.world_size > 1:
            due = trainer.global_step % UPDATES_BETWEEN_CLOCKS == 0 and (
                trainer.strategy.reduce_boolean_decision(due, all=False)
            )
        if due:
            self._save(trainer, pl_module)
            self._stop_if_asked(trainer)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Save after validation."""
        self._save(trainer, pl_module)
        self._stop_if_asked(trainer)

    def _ask(self, number: int, _frame: object) -> None:
        self._asked = number

    def _stop_if_asked(self, trainer: pl.Trainer) -> None:
        asked = bool(self._asked)
        if trainer.world_size > 1:  # one is enough: the others would wait for it for ever
            asked = trainer.strategy.reduce_boolean_decision(asked, all=False)
        if asked:
            number = self._asked or signal.SIGTERM
            raise InputError(
                f"this training, epoch {trainer.current_epoch}",
                f"the signal {signal.Signals(number).name}, which asks it to stop",
                "to train to the end",
                f"Its state is kept in {self._path}: run the same command again, and it goes on.",
            )

    def _save(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if broken := first_parameter_not_finite(pl_module):
            raise unbounded(
                pl_module.current_epoch, trainer.fit_loop.epoch_loop.batch_idx, broken, self._path
            )
        for logger in trainer.loggers:  # what is told of the steps before is not lost either
            logger.save()
        if trainer.is_global_zero:
            for table in self._path.parent.rglob("*.csv"):
                sync(table)
        trainer.save_checkpoint(self._path)  # all take part; the first process writes
        self._last = self._clock()


def load_checkpoint(path: Path) -> dict[str, Any]:
    """A checkpoint's content, on the CPU: tensors and plain values, no code.

    Raises
    ------
    InputError
        It is missing, damaged or holds anything else.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if (damaged := archive.testzip()) is not None:
                raise ValueError(f"another checksum of {damaged} than when it was written")
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a damaged or foreign file makes of the reader
        if is_out_of_memory(error):  # which a whole file can bring about
            raise
        why = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise InputError(
            path,
            f"a file that cannot be loaded as a checkpoint ({why})",
            "a checkpoint of this training",
            f"Put it back, or delete {path.parent} to train from the start.",
        ) from error
