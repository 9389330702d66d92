"""What Lightning trains: the network, its loss, its schedule and its validation."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn

from noncoding.alphabet import reverse_complement, unpack
from noncoding.errors import InputError
from noncoding.loader import PackedBatch, augment
from noncoding.metrics import auroc, average_precision


@dataclass(frozen=True)
class Schedule:
    """How the weights are moved; the keys are those of ``train:`` in config.yaml.

    Attributes
    ----------
    learning_rate : float
        Highest rate, reached at the end of the warm-up.
    warmup_steps : int
        Steps of linear warm-up, at most a tenth of all steps.
    weight_decay : float
        Of matrices and kernels; biases and norms are not decayed.
    shift : int
        Largest random shift of a window, in bp.
    reverse_complement : bool
        Read half of the rows from the other strand.
    seed : int
        Of shifts and strands.
    """

    learning_rate: float
    warmup_steps: int
    weight_decay: float
    shift: int
    reverse_complement: bool
    seed: int


class TrainingModule(pl.LightningModule):
    """Binary cross-entropy over all targets, validated by exact metrics.

    Parameters
    ----------
    network : torch.nn.Module
        One-hot sequences, shape=(batch, 4, length), to logits, (batch, targets).
    length, targets : int
        Of the packed rows.
    schedule : Schedule
    """

    def __init__(
        self, network: nn.Module, *, length: int, targets: int, schedule: Schedule
    ) -> None:
        super().__init__()
        self.network = network
        self._length = length
        self._targets = targets
        self._schedule = schedule
        self._validated: list[tuple[np.ndarray, np.ndarray]] = []

    def on_after_batch_transfer(
        self, batch: PackedBatch, dataloader_idx: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Unpack on the device, after the small packed batch has travelled."""
        return unpack(batch.sequence, self._length), unpack(batch.label, self._targets).float()

    def training_step(
        self, batch: tuple[torch.Tensor, torch.Tensor], batch_index: int
    ) -> torch.Tensor:
        """Loss of an augmented batch."""
        sequences, labels = batch
        # Seeded by the step and the process, so that a resumed run goes on alike.
        generator = torch.Generator().manual_seed(
            (self._schedule.seed * 2**20 + self.global_step) * 2**10 + self.global_rank
        )
        sequences = augment(
            sequences,
            shift=self._schedule.shift,
            flip=self._schedule.reverse_complement,
            generator=generator,
        )
        loss = F.binary_cross_entropy_with_logits(self.network(sequences.float()), labels)
        # Asking a GPU for the value at each step would make it wait.
        if self.device.type == "cpu" or self.global_step % 50 == 0:
            self._refuse_unbounded(loss)
        self.log("train_loss", loss, on_step=True, on_epoch=True, prog_bar=True)
        return loss

    def _refuse_unbounded(self, loss: torch.Tensor) -> None:
        if not torch.isfinite(loss):
            raise InputError(
                f"training, epoch {self.current_epoch}, step {self.global_step}",
                f"a loss of {loss.item()}",
                "a finite loss",
                "Lower train.learning_rate, or lengthen train.warmup_steps; "
                "the checkpoints of earlier epochs are kept.",
            )

    def validation_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_index: int) -> None:
        """Collect probabilities, averaged over both strands."""
        sequences, labels = batch
        sequences = sequences.float()
        forward = self.network(sequences)
        self.log("valid_loss", F.binary_cross_entropy_with_logits(forward, labels), on_epoch=True)
        reverse = self.network(reverse_complement(sequences))
        # In full precision: rounded probabilities would tie and change the order.
        both = (forward.float().sigmoid() + reverse.float().sigmoid()) / 2
        self._validated.append((both.cpu().numpy(), labels.cpu().numpy().astype(np.uint8)))

    def on_validation_epoch_end(self) -> None:
        """Exact AUROC and AUPR over the whole split, averaged over targets."""
        scores, labels = (np.concatenate(parts) for parts in zip(*self._validated, strict=True))
        self._validated.clear()
        if not np.isfinite(scores).all():
            self._refuse_unbounded(torch.tensor(math.nan))
        with_positives = labels.any(axis=0)
        labels, scores = labels[:, with_positives], scores[:, with_positives]
        self.log("valid_auroc", float(np.nanmean(auroc(labels, scores))), prog_bar=True)
        self.log("valid_auprc", float(np.nanmean(average_precision(labels, scores))), prog_bar=True)

    def configure_optimizers(self) -> Any:
        """AdamW, with linear warm-up and a cosine down to zero."""
        parameters = [p for p in self.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(
            [
                {
                    "params": [p for p in parameters if p.ndim > 1],
                    "weight_decay": self._schedule.weight_decay,
                },
                {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
            ],
            lr=self._schedule.learning_rate,
        )
        steps = int(self.trainer.estimated_stepping_batches)
        warmup = max(1, min(self._schedule.warmup_steps, steps // 10))
        scheduler = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: rate_factor(step, warmup=warmup, steps=steps)
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": scheduler, "interval": "step", "name": "learning_rate"},
        }


def rate_factor(step: int, *, warmup: int, steps: int) -> float:
    """Learning rate as a share of its highest: linear up, cosine down to zero.

    Parameters
    ----------
    step : int
        From 0.
    warmup, steps : int
        Steps of the warm-up, and of all.
    """
    if step < warmup:
        return (step + 1) / warmup
    progress = min(1.0, (step - warmup) / max(1, steps - warmup))
    return 0.5 * (1 + math.cos(math.pi * progress))
