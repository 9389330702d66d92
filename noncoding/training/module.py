"""What Lightning trains: the network, its loss, its schedule and its validation."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn

from noncoding.common.errors import InputError
from noncoding.data.loader import BatchPlan, PackedBatch, Views, augment, random_views
from noncoding.data.one_hot import reverse_complement, unpack
from noncoding.evaluation.metrics import auroc_and_average_precision
from noncoding.training.compiling import CompiledNetwork
from noncoding.training.failures import (
    first_layer_not_finite,
    first_parameter_not_finite,
    unbounded,
)
from noncoding.training.matrices import matrices


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
        Of matrices and kernels, see `matrices`; nothing else is decayed.
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
    compiled : bool
        Whether to use torch.compile (see `CompiledNetwork`).

    Attributes
    ----------
    resume_point : Path or None
        The checkpoint that an error names; set by whoever keeps one.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        length: int,
        targets: int,
        schedule: Schedule,
        compiled: bool = False,
    ) -> None:
        super().__init__()
        self.network = network
        self._compiled = CompiledNetwork(network) if compiled else None
        self._length = length
        self._targets = targets
        self._schedule = schedule
        self._validated: list[tuple[np.ndarray, np.ndarray]] = []
        # Sum of the losses of the epoch's rows, and how many rows.
        self._epoch_loss = torch.zeros(2)
        self.resume_point: Path | None = None

    def on_after_batch_transfer(
        self, batch: PackedBatch, dataloader_idx: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Unpack on the device, after the small packed batch has travelled."""
        return unpack(batch.sequence, self._length), unpack(batch.label, self._targets).float()

    def on_train_start(self) -> None:
        """Try the compiled network on batches of the sizes that training has."""
        if self._compiled is None:
            return
        plan = self._plan()
        batches = len(plan) * plan.processes
        # All processes try the same sizes: their norms may wait for each other.
        for rows in sorted({plan.rows // batches, -(-plan.rows // batches)}):
            self._compiled.try_training(
                torch.zeros(rows, 4, self._length, device=self.device),
                self.trainer.precision_plugin.train_step_context(),
            )

    def _logits(self, sequences: torch.Tensor) -> torch.Tensor:
        return (self._compiled or self.network)(sequences)

    def training_step(
        self, batch: tuple[torch.Tensor, torch.Tensor], batch_index: int
    ) -> torch.Tensor:
        """Loss of an augmented batch."""
        sequences, labels = batch
        share = self._seed_and_place(batch_index, len(labels))
        sequences = augment(sequences, share.views).float()
        loss = F.binary_cross_entropy_with_logits(self._logits(sequences), labels)
        self._note(loss.detach(), batch_index, sequences)
        return loss * share.weight

    def _note(self, loss: torch.Tensor, batch_index: int, sequences: torch.Tensor) -> None:
        """Log a loss, add it to the epoch's, and refuse it if it is not finite."""
        rows = len(sequences)
        self._epoch_loss = self._epoch_loss.to(loss.device)
        self._epoch_loss += torch.stack([loss * rows, torch.full_like(loss, rows)])
        # Asking a GPU for the value at each step would make it wait; the sum is not finite
        # from the first such loss on.
        watched = self.device.type == "cpu" or batch_index % 50 == 0
        if watched and not bool(torch.isfinite(self._epoch_loss[0])):
            raise self._unbounded(batch_index, sequences)
        self.log("train_loss_step", loss, on_step=True, on_epoch=False, prog_bar=True)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the epoch's loss so far, of all processes."""
        checkpoint["epoch_loss"] = self._summed(self._epoch_loss).cpu()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on with the epoch's loss; the first process has that of all."""
        self._epoch_loss = checkpoint["epoch_loss"] * (self.global_rank == 0)

    def _summed(self, value: torch.Tensor) -> torch.Tensor:
        if self.trainer.world_size > 1:
            value = value.to(self.device, copy=True)
            torch.distributed.all_reduce(value)
        return value

    def _seed_and_place(self, batch_index: int, rows: int) -> "_Share":
        """Make all that is random in a step a function of the seed and its place.

        So a resumed training goes on alike, and the views do not depend on how many
        processes share a step: they are drawn for all and each takes its own.
        """
        step = [self._schedule.seed, self.current_epoch, batch_index]
        plan = self._plan()
        (start, stop), (first, end) = plan.span(batch_index), plan.span_of_all(batch_index)
        views = random_views(
            end - first,
            shift=self._schedule.shift,
            flip=self._schedule.reverse_complement,
            generator=torch.Generator().manual_seed(_mixed(*step)),
        )
        torch.manual_seed(_mixed(*step, self.global_rank + 1))  # of dropout
        # Lightning takes the mean over processes, and over the steps of an update, whose rows
        # may differ, and of which an epoch's last update may have fewer: each row counts alike.
        together = self.trainer.accumulate_grad_batches
        begun = batch_index - batch_index % together
        last = min(begun + together, len(plan)) - 1
        of_update = plan.span_of_all(last)[1] - plan.span_of_all(begun)[0]
        weight = rows * self.trainer.world_size * together / of_update
        return _Share(views.part(start - first, stop - first), weight)

    def _plan(self) -> BatchPlan:
        return self.trainer.train_dataloader.plan  # type: ignore[union-attr]

    def _unbounded(self, batch_index: int, sequences: torch.Tensor) -> InputError:
        place = first_layer_not_finite(self.network, sequences)
        return unbounded(self.current_epoch, batch_index, place, self.resume_point)

    def on_validation_epoch_start(self) -> None:
        """Validate what will be exported: the statistics of norms of the first process."""
        if self.trainer.world_size > 1:
            for buffer in self.buffers():
                torch.distributed.broadcast(buffer, 0)

    def validation_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_index: int) -> None:
        """Collect probabilities, averaged over both strands.

        In full precision, as they are predicted later: logits in bf16 have three
        significant digits, which ties targets' rows and changes their order.
        """
        sequences, labels = batch
        sequences = sequences.float()
        with torch.autocast(self.device.type, enabled=False):
            forward = self._logits(sequences)
            reverse = self._logits(reverse_complement(sequences))
            loss = F.binary_cross_entropy_with_logits(forward, labels)
        self.log("valid_loss", loss, on_epoch=True, sync_dist=True, batch_size=len(labels))
        both = (forward.sigmoid() + reverse.sigmoid()) / 2
        self._validated.append((both.cpu().numpy(), labels.cpu().numpy().astype(np.uint8)))

    def on_validation_epoch_end(self) -> None:
        """Exact AUROC and AUPR over the whole split, averaged over targets."""
        # With the other figures of the epoch: Lightning would log it after the checkpoint.
        loss, rows = self._summed(self._epoch_loss).tolist()
        self._epoch_loss.zero_()
        self.log("train_loss_epoch", loss / rows, rank_zero_only=False)
        scores, labels = (np.concatenate(parts) for parts in zip(*self._gathered(), strict=True))
        self._validated.clear()
        if not np.isfinite(scores).all():
            place = first_parameter_not_finite(self.network) or "the validation's logits"
            raise unbounded(self.current_epoch, 0, place, self.resume_point)
        with_positives = labels.any(axis=0)
        labels, scores = labels[:, with_positives], scores[:, with_positives]
        area, precision = auroc_and_average_precision(labels, scores)
        for name, values in (("valid_auroc", area), ("valid_auprc", precision)):
            # Each process has gathered all, so that there is nothing to average.
            self.log(name, float(np.nanmean(values)), prog_bar=True, rank_zero_only=False)

    def _gathered(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """What all processes have validated, in the order of the loci."""
        if self.trainer.world_size == 1:
            return self._validated
        parts: list[list[tuple[np.ndarray, np.ndarray]]] = [[]] * self.trainer.world_size
        torch.distributed.all_gather_object(parts, self._validated)
        return [pair for part in parts for pair in part]

    def configure_gradient_clipping(
        self,
        optimizer: torch.optim.Optimizer,
        gradient_clip_val: int | float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip the norm of the gradient.

        Lightning refuses to clip for a fused optimiser in any mixed precision, although
        in bf16 nothing is scaled; and in fp16 the optimiser is not fused.
        """
        if gradient_clip_val:
            nn.utils.clip_grad_norm_(self.parameters(), gradient_clip_val)

    def configure_optimizers(self) -> Any:
        """AdamW, with linear warm-up and a cosine down to zero."""
        decayed = matrices(self)
        others = [p for n, p in self.named_parameters() if p.requires_grad and n not in decayed]
        optimizer = torch.optim.AdamW(
            [
                {
                    "params": list(decayed.values()),
                    "weight_decay": self._schedule.weight_decay,
                },
                {"params": others, "weight_decay": 0.0},
            ],
            lr=self._schedule.learning_rate,
            # The scaler of fp16 would unscale gradients within a fused step, after the clipping.
            fused=self.device.type in ("cpu", "cuda") and self.trainer.precision != "16-mixed",
        )
        # Not Lightning's estimated_stepping_batches: it makes the loader before a checkpoint's
        # place in it is known, which is then never told.
        data = self.trainer.datamodule  # type: ignore[attr-defined] # which fit was given
        batches = data.batches(self.trainer.world_size)
        updates = math.ceil(batches / self.trainer.accumulate_grad_batches)
        steps = updates * self.trainer.max_epochs
        warmup = max(1, min(self._schedule.warmup_steps, steps // 10))
        scheduler = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: rate_factor(step, warmup=warmup, steps=steps)
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": scheduler, "interval": "step", "name": "learning_rate"},
        }


@dataclass(frozen=True)
class _Share:
    """What one process has of a step: views of its rows, and the weight of its mean loss."""

    views: Views
    weight: float


def _mixed(*numbers: int) -> int:
    """One seed from several numbers, as different as they are."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)


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
