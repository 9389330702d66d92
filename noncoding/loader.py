"""From stores to shuffled batches, packed until they reach the device that trains."""

import os
from typing import Any, NamedTuple

import psutil
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset, DistributedSampler

from noncoding.alphabet import reverse_complement, unpack
from noncoding.errors import InputError
from noncoding.store import Store


class PackedBatch(NamedTuple):
    """Rows of a store, eight bits to a byte.

    Attributes
    ----------
    sequence : torch.Tensor, shape=(batch, 4, ceil(length / 8)), dtype=uint8
    label : torch.Tensor, shape=(batch, ceil(targets / 8)), dtype=uint8
    """

    sequence: torch.Tensor
    label: torch.Tensor


class PackedRows(Dataset):
    """A split, packed, in memory: 615 bytes a row at the official shapes.

    Parameters
    ----------
    path : path
        The store.
    loci_only : bool
        Leave out the reverse complements of a store that holds both strands.

    Raises
    ------
    InputError
        The split is larger than the memory that is free.
    """

    def __init__(self, path: str | os.PathLike[str], *, loci_only: bool = False) -> None:
        with Store(path) as store:
            self.length = store.length
            self.targets = len(store.targets)
            rows = slice(store.loci_count if loci_only else store.rows)
            needed = rows.stop * (4 * -(-self.length // 8) + -(-self.targets // 8))
            free = psutil.virtual_memory().available
            if needed > free:
                raise InputError(
                    path,
                    f"{needed / 2**30:.1f} GiB of packed rows",
                    f"at most the {free / 2**30:.1f} GiB of memory that are free",
                    "Use a machine with more memory, or fewer rows.",
                )
            self.sequence = torch.from_numpy(store.packed_sequences(rows))
            self.label = torch.from_numpy(store.packed_labels(rows))

    def __len__(self) -> int:
        return len(self.sequence)

    def __getitems__(self, rows: list[int]) -> PackedBatch:
        """A batch at once, by row numbers."""
        index = torch.as_tensor(rows)
        return PackedBatch(self.sequence[index], self.label[index])

    def prevalence(self) -> torch.Tensor:
        """Share of positive rows by target, add-one smoothed, shape=(targets,)."""
        positives = torch.zeros(self.targets)
        for block in self.label.split(2**16):
            positives += unpack(block, self.targets).sum(dim=0, dtype=torch.float32)
        return (positives + 1) / (len(self) + 2)


class SplitsDataModule(pl.LightningDataModule):
    """Training rows, shuffled anew each epoch, and validation loci in order.

    Parameters
    ----------
    train, valid : path
        Stores.
    batch_size : int
        Rows a batch and device.
    seed : int
        The order of epoch ``e`` depends on ``seed`` and ``e`` alone.
    """

    def __init__(
        self,
        train: str | os.PathLike[str],
        valid: str | os.PathLike[str],
        *,
        batch_size: int,
        seed: int,
    ) -> None:
        super().__init__()
        self.train_rows = PackedRows(train)
        self.valid_rows = PackedRows(valid, loci_only=True)
        self._batch_size = batch_size
        self._seed = seed

    def train_dataloader(self) -> DataLoader:
        """Batches of shuffled rows; an incomplete last batch is left out."""
        # Lightning tells the sampler the epoch, and puts it on several devices.
        replicas = self.trainer.world_size if self.trainer else 1
        rank = self.trainer.global_rank if self.trainer else 0
        sampler: DistributedSampler = DistributedSampler(
            self.train_rows,
            num_replicas=replicas,
            rank=rank,
            seed=self._seed,
            drop_last=len(self.train_rows) >= replicas * self._batch_size,
        )
        return self._loader(self.train_rows, sampler=sampler, drop_last=sampler.drop_last)

    def val_dataloader(self) -> DataLoader:
        """Batches of loci in the order of the store."""
        return self._loader(self.valid_rows)

    def _loader(self, rows: PackedRows, **options: Any) -> DataLoader:
        return DataLoader(
            rows,
            batch_size=self._batch_size,
            collate_fn=_as_it_is,
            pin_memory=torch.cuda.is_available(),
            **options,
        )


def augment(
    sequences: torch.Tensor, *, shift: int, flip: bool, generator: torch.Generator
) -> torch.Tensor:
    """Shift each sequence at random, and read it from either strand.

    Parameters
    ----------
    sequences : torch.Tensor, shape=(batch, 4, length)
        One-hot, A, C, G, T.
    shift : int
        Largest shift to either side, in bp; what comes in at the end is N.
    flip : bool
        Take the reverse complement of half of the sequences.
    generator : torch.Generator
        Of the CPU.

    Returns
    -------
    torch.Tensor, shape=(batch, 4, length)
    """
    batch, _, length = sequences.shape
    if shift:
        shifts = torch.randint(-shift, shift + 1, (batch, 1), generator=generator)
        source = (torch.arange(length) + shifts).to(sequences.device)
        outside = (source < 0) | (source >= length)
        source = source.clamp_(0, length - 1).unsqueeze(1).expand(-1, 4, -1)
        sequences = sequences.gather(2, source).masked_fill_(outside.unsqueeze(1), 0)
    if flip:
        chosen = (torch.rand(batch, generator=generator) < 0.5).to(sequences.device)
        sequences = torch.where(chosen[:, None, None], reverse_complement(sequences), sequences)
    return sequences


def _as_it_is(batch: Any) -> Any:
    return batch
