"""The splits of a data set as a Lightning data module."""

import logging
import os

import pytorch_lightning as pl
import torch

from noncoding.data.loader.batches import OrderedBatches, ShuffledBatches
from noncoding.data.loader.order import BatchPlan
from noncoding.data.loader.rows import Rows, RowsInMemory, RowsOnDisk, placement

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

    Attributes
    ----------
    train_rows, valid_rows : RowsOnDisk
    """

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
        device, here = torch.device("cpu"), 1
        if self.trainer:
            device = self.trainer.strategy.root_device
            here = self.trainer.num_devices
        where = placement(self._wanted, self.train_rows, device, here)
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
            **self._place(),
            # Other processes cannot read rows in the memory of a GPU.
            workers=0 if where == "device" else self._workers,
            pin_memory=device.type == "cuda" and where != "device",
        )

    def batches(self, processes: int = 1) -> int:
        """Number of batches of an epoch and process."""
        return len(BatchPlan(len(self.train_rows), self._batch_size, processes))

    def val_dataloader(self) -> OrderedBatches:
        """Batches of loci in the order of the store, a contiguous part for each process."""
        return OrderedBatches(self.valid_rows, self._batch_size, **self._place())

    def _place(self) -> dict[str, int]:
        if not self.trainer:
            return {}
        return {"processes": self.trainer.world_size, "rank": self.trainer.global_rank}
