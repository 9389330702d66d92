"""The splits of a data set as a Lightning data module, and their checks before training."""

import logging
import os

import pytorch_lightning as pl
import torch

from noncoding.common.errors import InputError
from noncoding.data.loader.batches import OrderedBatches, ShuffledBatches
from noncoding.data.loader.order import BatchPlan
from noncoding.data.loader.rows import Rows, RowsInMemory, RowsOnDisk, placement
from noncoding.data.store import Store
from noncoding.data.targets import ADD_NEGATIVES, same_targets

log = logging.getLogger(__name__)


class SplitsDataModule(pl.LightningDataModule):
    """Training rows in another random order per epoch, and validation loci in order.

    Parameters
    ----------
    train, valid : path
        Stores.
    batch_size : int
        Maximum number of rows per step and device.
    seed : int
        Of the order.
    shuffle_buffer : int
        Rows that are shuffled together.
    rows : str
        Where the training rows are kept, see `placement`. It changes no result.
    workers : int
        Processes that read training rows. It changes no result.
    """

    trainer: pl.Trainer  # set before loaders are requested

    def __init__(
        self,
        train: str | os.PathLike[str],
        valid: str | os.PathLike[str],
        *,
        batch_size: int,
        seed: int,
        shuffle_buffer: int,
        rows: str = "auto",
        workers: int = 0,
    ) -> None:
        super().__init__()
        self.train_rows = RowsOnDisk(train)
        self.valid_rows = RowsOnDisk(valid, loci_only=True)
        self._batch_size = batch_size
        self._seed = seed
        self._shuffle_buffer = shuffle_buffer
        self._wanted = rows
        self._workers = workers

    def train_dataloader(self) -> ShuffledBatches:
        """Batches of shuffled rows, whose epoch Lightning sets."""
        device = self.trainer.strategy.root_device
        where = placement(self._wanted, self.train_rows, device, self.trainer.num_devices)
        rows: Rows = self.train_rows
        if where != "disk":
            holder = device if where == "device" else torch.device("cpu")
            rows = RowsInMemory(self.train_rows, holder)
        log.info(
            "training rows: %.2f GiB, packed, kept in: %s",
            self.train_rows.packed_bytes / 2**30,
            where,
        )
        return ShuffledBatches(
            rows,
            batch_size=self._batch_size,
            seed=self._seed,
            buffer_rows=self._shuffle_buffer,
            processes=self.trainer.world_size,
            rank=self.trainer.global_rank,
            # Other processes cannot read rows in the memory of a GPU.
            workers=0 if where == "device" else self._workers,
            pin_memory=device.type == "cuda" and where != "device",
        )

    def batches(self, processes: int) -> int:
        """Number of batches of an epoch and process."""
        return len(BatchPlan(len(self.train_rows), self._batch_size, processes))

    def val_dataloader(self) -> OrderedBatches:
        """Batches of loci in the order of the store, a contiguous part for each process."""
        processes, rank = self.trainer.world_size, self.trainer.global_rank
        return OrderedBatches(self.valid_rows, self._batch_size, processes, rank)


def check_same_task(train: Store, valid: Store) -> None:
    """Raise an `InputError` if windows, bins or targets of the splits differ."""
    remedy = "Delete both files and make them again from the same source."
    for what in ("length", "bin"):
        if getattr(train, what) != getattr(valid, what):
            raise InputError(
                f"{valid.path}, attribute {what}",
                f"{getattr(valid, what)} bp",
                f"{getattr(train, what)} bp, as in {train.path}",
                remedy,
            )
    if not same_targets(train.targets, valid.targets):
        raise InputError(
            f"{valid.path}, target table",
            f"{len(valid.targets)} targets",
            f"the {len(train.targets)} of {train.path}, by name",
            remedy,
        )


def check_validation(rows: RowsOnDisk, processes: int) -> None:
    """Raise an `InputError` if validation metrics are undefined.

    That is, if no target has both labels, or there are fewer loci than processes.
    """
    if len(rows) < processes:
        raise InputError(
            rows.path,
            f"{len(rows)} loci for {processes} processes",
            "at least one for each",
            "Add loci to the validation split, or train on fewer devices.",
        )
    positives = rows.positives()
    if not ((positives > 0) & (positives < len(rows))).any():
        all_positive = (positives == len(rows)).sum()
        raise InputError(
            rows.path,
            f"{len(rows)} loci in which no target has both positives and negatives "
            f"({all_positive} of {len(positives)} targets are positive in all of them)",
            "at least one target with both",
            ADD_NEGATIVES
            if all_positive
            else "Add loci at which targets are positive to the validation split.",
        )
