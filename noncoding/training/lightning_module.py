"""The Lightning module: loss, augmentation, optimiser, learning rate and validation."""

import math
import time
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
from torch import nn

from noncoding.data.loader.augment import Views, augment, random_views
from noncoding.data.loader.order import BatchPlan
from noncoding.data.loader.rows import PackedBatch
from noncoding.data.one_hot import reverse_complement, unpack
from noncoding.evaluation.metrics import mean_metrics
from noncoding.models.forward_pass import forward_pass
from noncoding.models.layers import channels_last
from noncoding.models.network import Network
from noncoding.settings.train import TrainSettings
from noncoding.training.compiling import CompiledNetwork
from noncoding.training.failures import non_finite, non_finite_place, non_finite_weights
from noncoding.training.layer_statistics import matrices
from noncoding.training.teacher import Teacher


class _Drawn(NamedTuple):
    """What is random in a step: views of this process's rows, and the seed of dropout."""

    epoch: int
    batch: int
    views: Views
    dropout: int


class TrainingModule(pl.LightningModule):
    """Binary cross-entropy over all targets, validated by exact metrics.

    Parameters
    ----------
    network, settings
    seed : int
        Of augmentation and dropout.
    compiled : bool
        Whether to use torch.compile (see `CompiledNetwork`).
    checkpoint : Path, optional
        The latest checkpoint, for error messages.
    rates : mapping of float, optional
        Part of the network (see `noncoding.models.network.PARTS`) → its learning rate relative to
        that of the settings; 1 for all by default.
    teacher : Teacher, optional
        Its predictions for the augmented sequences are the labels in training.
    """

    def __init__(
        self,
        network: Network,
        settings: TrainSettings,
        seed: int,
        *,
        compiled: bool = False,
        checkpoint: Path | None = None,
        rates: Mapping[str, float] | None = None,
        teacher: Teacher | None = None,
    ) -> None:
        super().__init__()
        self.network = network
        self._compiles = compiled
        self._compiled: CompiledNetwork | None = None
        self._settings = settings
        self._seed = seed
        self._checkpoint = checkpoint
        self._rates = rates or {}
        self._teacher = teacher
        self._drawn: _Drawn | None = None
        self._validated: list[tuple[torch.Tensor, torch.Tensor]] = []
        # Sum of the losses of the epoch's rows, and the number of rows.
        self._epoch_loss = torch.zeros(2)
        self._start = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Seconds of training, including those of earlier attempts up to the latest checkpoint."""
        return time.perf_counter() - self._start

    def on_after_batch_transfer(
        self, batch: PackedBatch, dataloader_idx: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Unpack sequences and labels on the device."""
        config = self.network.config
        return unpack(batch.sequence, config.length), unpack(batch.label, config.targets).float()

    def on_train_start(self) -> None:
        """Compile the network for both batch sizes of the training."""
        if not self._compiles:
            return
        # The reduction of gradients between processes is not part of a graph, and the next forward
        # pass overwrites the memory of a graph, and with it gradients that are accumulated.
        cuda_graphs = (
            self.device.type == "cuda"
            and self.trainer.world_size == 1
            and self.trainer.accumulate_grad_batches == 1
        )
        self._compiled = CompiledNetwork(self.network, cuda_graphs=cuda_graphs)
        plan = self._plan()
        batches = len(plan) * plan.processes
        # The same sizes in all processes: synchronised batch normalisation waits for all.
        for rows in sorted({plan.rows // batches, -(-plan.rows // batches)}):
            self._compiled.try_training(
                torch.zeros(rows, 4, self.network.config.length, device=self.device),
                self.trainer.precision_plugin.train_step_context(),
            )

    def training_step(
        self, batch: tuple[torch.Tensor, torch.Tensor], batch_index: int
    ) -> torch.Tensor:
        """Loss of an augmented batch; raises an `InputError` if it is not finite."""
        sequences, labels = batch
        epoch = self.current_epoch
        drawn = self._drawn
        if drawn is None or (drawn.epoch, drawn.batch) != (epoch, batch_index):
            drawn = self._draw(epoch, batch_index)
        _seed_device(self.device, drawn.dropout)
        sequences = augment(sequences, drawn.views).float()
        if self._teacher:
            labels = self._teacher.labels(sequences)
        loss = self.loss(sequences, labels)
        # A step ahead, while a GPU computes this one.
        last = batch_index + 1 == len(self._plan())
        self._drawn = None if last else self._draw(epoch, batch_index + 1)
        detached = loss.detach()
        self._epoch_loss = self._epoch_loss.to(loss.device)
        sum_and_rows = [detached * len(labels), torch.full_like(detached, len(labels))]
        self._epoch_loss += torch.stack(sum_and_rows)
        # Reading the value at each step would synchronise with the GPU; once a loss is not
        # finite, the sum remains so.
        checked = self.device.type == "cpu" or batch_index % 50 == 0
        if checked and not bool(torch.isfinite(self._epoch_loss[0])):
            place = non_finite_place(self.network, sequences)
            raise non_finite(self.current_epoch, batch_index, place, self._checkpoint)
        self.log("train_loss_step", detached, on_step=True, on_epoch=False, prog_bar=True)
        return loss * self._weight(batch_index, len(labels))

    def loss(self, sequences: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Mean binary cross-entropy of a batch.

        Parameters
        ----------
        sequences : torch.Tensor, shape=(batch, 4, length)
            One-hot, after augmentation.
        labels : torch.Tensor, shape=(batch, targets)
        """
        return F.binary_cross_entropy_with_logits(self.logits(sequences), labels)

    def logits(self, sequences: torch.Tensor) -> torch.Tensor:
        """Logits of a training batch, shape=(batch, targets)."""
        with channels_last():
            return (self._compiled or self.network)(sequences)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Save the loss of the epoch so far, summed over processes, and the seconds."""
        checkpoint["epoch_loss"] = self._summed(self._epoch_loss).cpu()
        checkpoint["seconds"] = self.seconds

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Restore the loss of the epoch, in the first process only, since it is a sum."""
        self._epoch_loss = checkpoint["epoch_loss"] * (self.global_rank == 0)
        self._start -= checkpoint.get("seconds", 0.0)  # not in those of earlier versions

    def _summed(self, value: torch.Tensor) -> torch.Tensor:
        if self.trainer.world_size > 1:
            value = value.to(self.device, copy=True)
            torch.distributed.all_reduce(value)
        return value

    def _draw(self, epoch: int, batch_index: int) -> _Drawn:
        """Draw the augmentation of this process's rows of a step, and the seed of its dropout.

        All randomness of a step is a function of the seed and the step, so that a resumed
        training has the same result. Views are drawn for the rows of all processes, so that
        they do not depend on the number of processes.
        """
        step = [self._seed, epoch, batch_index]
        plan = self._plan()
        (start, stop), (first, end) = plan.span(batch_index), plan.span_of_all(batch_index)
        views = random_views(
            end - first,
            self.network.config.length,
            shift=self._settings.shift,
            flip=self._settings.reverse_complement,
            mutation_rate=self._settings.mutation_rate,
            generator=torch.Generator().manual_seed(_seed_of(*step)),
        )
        views = views.part(start - first, stop - first).to(self.device)
        return _Drawn(epoch, batch_index, views, _seed_of(*step, self.global_rank + 1))

    def _weight(self, batch_index: int, rows: int) -> float:
        """Weight of the mean loss of this process's rows of a step.

        Lightning takes the mean over processes and over the steps of an update, whose numbers
        of rows may differ; the last update of an epoch may have fewer steps. With this factor,
        all rows of an update have the same weight.
        """
        plan, accumulated = self._plan(), self.trainer.accumulate_grad_batches
        first_step = batch_index - batch_index % accumulated
        last_step = min(first_step + accumulated, len(plan)) - 1
        of_update = plan.span_of_all(last_step)[1] - plan.span_of_all(first_step)[0]
        return rows * self.trainer.world_size * accumulated / of_update

    def _plan(self) -> BatchPlan:
        return self.trainer.train_dataloader.plan  # type: ignore[union-attr]

    def on_validation_epoch_start(self) -> None:
        """Use the batch statistics of the first process, which are those that are exported."""
        if self.trainer.world_size > 1:
            for buffer in self.buffers():
                torch.distributed.broadcast(buffer, 0)

    def validation_step(self, batch: tuple[torch.Tensor, torch.Tensor], batch_index: int) -> None:
        """Collect probabilities, averaged over both strands.

        In fp32, as in prediction, with TF32 on a GPU: logits in bf16 have three significant digits,
        and ties would change the ranks of rows. Not compiled, which takes longer than validation.
        """
        sequences, labels = batch
        sequences = sequences.float()
        with torch.autocast(self.device.type, enabled=False):
            forward = forward_pass(self.network, sequences)
            reverse = forward_pass(self.network, reverse_complement(sequences))
            loss = F.binary_cross_entropy_with_logits(forward, labels)
        self.log("valid_loss", loss, on_epoch=True, sync_dist=True, batch_size=len(labels))
        both = (forward.sigmoid() + reverse.sigmoid()) / 2
        # From CUDA into pinned memory, while it computes the next batch. Other devices are waited
        # for, since a copy would be used before it is complete.
        overlapped = self.device.type == "cuda"
        self._validated.append(
            (
                both.to("cpu", non_blocking=overlapped),
                labels.to(torch.uint8).to("cpu", non_blocking=overlapped),
            )
        )

    def on_validation_epoch_end(self) -> None:
        """Exact AUROC and AUPR over the whole split, averaged over targets."""
        # Here, since Lightning would log it after the checkpoint.
        loss, rows = self._summed(self._epoch_loss).tolist()
        self._epoch_loss.zero_()
        self.log("train_loss_epoch", loss / rows, rank_zero_only=False)
        if self.device.type == "cuda":
            torch.cuda.synchronize()  # until all copies to the CPU are complete
        validated = [(scores.numpy(), labels.numpy()) for scores, labels in self._validated]
        parts = [validated]
        if self.trainer.world_size > 1:  # those of all processes, in the order of the loci
            parts = [[]] * self.trainer.world_size
            torch.distributed.all_gather_object(parts, validated)
        pairs = zip(*chain.from_iterable(parts), strict=True)
        scores, labels = (np.concatenate(arrays) for arrays in pairs)
        self._validated.clear()
        if not np.isfinite(scores).all():
            place = non_finite_weights(self.network) or "the logits of the validation"
            raise non_finite(self.current_epoch, None, place, self._checkpoint)
        area, precision = mean_metrics(labels, scores)
        for name, value in (("valid_auroc", area), ("valid_auprc", precision)):
            # All processes have gathered the same values.
            self.log(name, value, prog_bar=True, rank_zero_only=False)

    def configure_gradient_clipping(
        self,
        optimizer: torch.optim.Optimizer,
        gradient_clip_val: int | float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip the norm of the gradient.

        Lightning does not clip for a fused optimiser in mixed precision, although gradients are
        not scaled in bf16, and the optimiser is not fused in fp16.
        """
        if gradient_clip_val:
            nn.utils.clip_grad_norm_(self.parameters(), gradient_clip_val)

    def configure_optimizers(self) -> Any:
        """AdamW with linear warm-up and cosine decay to zero.

        All learning rates follow the same schedule; parts may have different maxima.
        """
        peak, decayed = self._settings.learning_rate, matrices(self)
        # Matrices come first: the order is that of the state in a checkpoint.
        groups: dict[tuple[float, float], list[nn.Parameter]] = {}
        for decay, of_matrices in ((self._settings.weight_decay, True), (0.0, False)):
            for name, parameter in self.named_parameters():
                if parameter.requires_grad and (name in decayed) == of_matrices:
                    part = self.network.part_of(name.removeprefix("network."))
                    rate = peak * self._rates.get(part, 1.0)
                    groups.setdefault((decay, rate), []).append(parameter)
        optimizer = torch.optim.AdamW(
            [
                {"params": parameters, "weight_decay": decay, "lr": rate}
                for (decay, rate), parameters in groups.items()
            ],
            lr=peak,
            # In fp16 a fused step would unscale the gradients after clipping.
            fused=self.device.type in ("cpu", "cuda") and self.trainer.precision != "16-mixed",
        )
        # Not Lightning's estimated_stepping_batches: it creates the loader before a checkpoint is
        # loaded, whose position in the epoch would be ignored.
        data = self.trainer.datamodule  # type: ignore[attr-defined] # that of fit
        batches = data.batches(self.trainer.world_size)
        updates = math.ceil(batches / self.trainer.accumulate_grad_batches)
        steps = updates * self.trainer.max_epochs
        warmup = max(1, min(self._settings.warmup_steps, steps // 10))

        def share_of_maximum(step: int) -> float:
            if step < warmup:
                return (step + 1) / warmup
            progress = min(1.0, (step - warmup) / max(1, steps - warmup))
            return 0.5 * (1 + math.cos(math.pi * progress))

        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, share_of_maximum)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": scheduler, "interval": "step", "name": "learning_rate"},
        }


def _seed_of(*numbers: int) -> int:
    """One seed from several numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> 1)


def _seed_device(device: torch.device, seed: int) -> None:
    """Seed the CPU and one device; `torch.manual_seed` seeds all GPUs, which takes longer."""
    torch.default_generator.manual_seed(seed)
    if device.type != "cpu":
        torch.get_device_module(device).manual_seed(seed)
