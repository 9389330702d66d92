"""What happens beside the steps: averaged weights, and a line in the log an epoch."""

import logging
import time

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback, WeightAveraging

log = logging.getLogger(__name__)


class WarmedUpAverage(WeightAveraging):
    """Exponential moving average of the weights, used wherever they are judged.

    Early on the average follows quickly: after ``n`` updates the decay is
    ``min(decay, (1 + n) / (10 + n))``.

    Parameters
    ----------
    decay : float
        Share of the old average that an update keeps.
    """

    def __init__(self, decay: float) -> None:
        def average(
            averaged: torch.Tensor, current: torch.Tensor, updates: torch.Tensor
        ) -> torch.Tensor:
            keep = ((1 + updates) / (10 + updates)).clamp(max=decay)
            return averaged + (1 - keep) * (current - averaged)

        super().__init__(avg_fn=average)


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
