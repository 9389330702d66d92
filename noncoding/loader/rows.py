"""Where the packed rows of a split lie while they are used."""

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import psutil
import torch

from noncoding.errors import InputError
from noncoding.loader.order import EpochOrder
from noncoding.store import ROWS_PER_CHUNK, Store

RESIDENCES = ("auto", "device", "memory", "disk")

DEVICE_SHARE = 0.2
"""Of the free memory of a GPU: the rest is for the training itself."""
MEMORY_SHARE = 0.5
"""Of the memory that is free."""


class PackedBatch(NamedTuple):
    """Rows of a store, eight bits to a byte.

    Attributes
    ----------
    sequence : torch.Tensor, shape=(batch, 4, ceil(length / 8)), dtype=uint8
    label : torch.Tensor, shape=(batch, ceil(targets / 8)), dtype=uint8
    """

    sequence: torch.Tensor
    label: torch.Tensor

    def take(self, index: torch.Tensor | slice) -> "PackedBatch":
        """Some of the rows."""
        return PackedBatch(self.sequence[index], self.label[index])


class Pool(NamedTuple):
    """Rows to take batches from: where they lie, and in which order.

    Attributes
    ----------
    rows : PackedBatch
    order : torch.Tensor, dtype=int64
        Places in `rows`, on the same device.
    """

    rows: PackedBatch
    order: torch.Tensor


class Rows(Protocol):
    """A split, wherever it lies."""

    def __len__(self) -> int:
        """Rows."""
        ...

    def pools(self, order: EpochOrder, first: int) -> Iterator[Pool]:
        """The pools of an epoch from number `first` on."""
        ...


class RowsOnDisk:
    """A split that is read when it is needed: at most two pools are in memory.

    Parameters
    ----------
    path : path
        The store.
    loci_only : bool
        Leave out the reverse complements of a store that holds both strands.

    Attributes
    ----------
    length, targets : int
    """

    def __init__(self, path: str | os.PathLike[str], *, loci_only: bool = False) -> None:
        self.path = Path(path)
        with Store(path) as store:
            self.length = store.length
            self.targets = len(store.targets)
            self._count = store.loci_count if loci_only else store.rows

    def __len__(self) -> int:
        return self._count

    @property
    def packed_bytes(self) -> int:
        """Bytes of all rows: 615 a row at the official shapes."""
        return len(self) * (4 * -(-self.length // 8) + -(-self.targets // 8))

    def read(self, rows: slice | np.ndarray) -> PackedBatch:
        """Rows in rising order.

        Raises
        ------
        InputError
            The store is gone or damaged; the message names the rows.
        """
        with Store(self.path) as store:
            return _read(store, rows)

    def blocks(self, size: int) -> Iterator[PackedBatch]:
        """All rows in order, `size` at a time."""
        with Store(self.path) as store:
            for start in range(0, len(self), size):
                yield _read(store, slice(start, min(start + size, len(self))))

    def pools(self, order: EpochOrder, first: int) -> Iterator[Pool]:
        """The pools of an epoch; while one is used, the next one is read."""
        numbers = iter(range(first, len(order.pools)))
        with Store(self.path) as store, ThreadPoolExecutor(1, "pools") as reader:
            begun = _begun(reader, store, order, next(numbers, None))
            while begun is not None:
                pool = begun.result()
                begun = _begun(reader, store, order, next(numbers, None))
                yield pool
                del pool  # before the next but one is read

    def positives(self) -> np.ndarray:
        """Positive rows by target, shape=(targets,), dtype=int64."""
        counts = np.zeros(self.targets, dtype=np.int64)
        for block in self.blocks(16 * ROWS_PER_CHUNK):
            bits = np.unpackbits(block.label.numpy(), axis=-1, count=self.targets)
            counts += bits.sum(axis=0, dtype=np.int64)
        return counts

    def prevalence(self) -> torch.Tensor:
        """Share of positive rows by target, add-one smoothed, shape=(targets,)."""
        return torch.from_numpy((self.positives() + 1) / (len(self) + 2)).float()


def _begun(
    reader: ThreadPoolExecutor, store: Store, order: EpochOrder, pool: int | None
) -> "Future[Pool] | None":
    return None if pool is None else reader.submit(_read_pool, store, order, pool)


def _read_pool(store: Store, order: EpochOrder, pool: int) -> Pool:
    numbers = order.rows_of(pool)
    rows = PackedBatch(
        torch.empty((len(numbers), *store.packed_shapes[0]), dtype=torch.uint8),
        torch.empty((len(numbers), *store.packed_shapes[1]), dtype=torch.uint8),
    )
    at = 0
    for block in order.pools[pool]:  # into place: a list of blocks would be as large again
        size, start = order.block_size(block), int(block) * order.block_rows
        part = _read(store, slice(start, start + size))
        rows.sequence[at : at + size] = part.sequence
        rows.label[at : at + size] = part.label
        at += size
    return Pool(rows, torch.from_numpy(order.shuffle(pool)))


def _read(store: Store, rows: slice | np.ndarray) -> PackedBatch:
    return PackedBatch(
        torch.from_numpy(store.packed_sequences(rows)), torch.from_numpy(store.packed_labels(rows))
    )


class RowsInMemory:
    """A split that is held, on the CPU or on a GPU.

    Parameters
    ----------
    stored : RowsOnDisk
    device : torch.device
        That holds them.
    """

    def __init__(self, stored: RowsOnDisk, device: torch.device) -> None:
        first = stored.read(slice(0, 1))
        self._rows = PackedBatch(
            *(
                torch.empty((len(stored), *part.shape[1:]), dtype=torch.uint8, device=device)
                for part in first
            )
        )
        at = 0
        for block in stored.blocks(16 * ROWS_PER_CHUNK):
            for whole, part in zip(self._rows, block, strict=True):
                whole[at : at + len(part)] = part.to(device)
            at += len(block.label)

    def __len__(self) -> int:
        return len(self._rows.label)

    def pools(self, order: EpochOrder, first: int) -> Iterator[Pool]:
        """The same rows in the same order as `RowsOnDisk.pools`."""
        for pool in range(first, len(order.pools)):
            rows = order.rows_of(pool)[order.shuffle(pool)]
            yield Pool(self._rows, torch.from_numpy(rows).to(self._rows.label.device))


def residence(wanted: str, stored: RowsOnDisk, device: torch.device, processes: int = 1) -> str:
    """Where to keep a split: ``device``, ``memory`` or ``disk``.

    Parameters
    ----------
    wanted : str
        One of `RESIDENCES`.
    stored : RowsOnDisk
    device : torch.device
        That trains.
    processes : int
        Of this machine that hold the split each.

    Raises
    ------
    InputError
        It does not fit where it is wanted.
    """
    needed = stored.packed_bytes
    if wanted == "auto":
        if device.type == "cuda" and needed <= DEVICE_SHARE * _free_on(device):
            return "device"
        fits = needed * processes <= MEMORY_SHARE * psutil.virtual_memory().available
        return "memory" if fits else "disk"
    if wanted == "device" and device.type == "cuda":
        free, what = _free_on(device), "memory of the GPU"
    elif wanted == "disk":
        return wanted
    else:
        free, what = psutil.virtual_memory().available // processes, "memory"
    if needed > free:
        raise InputError(
            stored.path,
            f"{needed / 2**30:.1f} GiB of packed rows",
            f"at most the {free / 2**30:.1f} GiB of {what} that are free",
            "Set load.rows to disk or auto, or use a machine with more memory.",
        )
    return wanted


def _free_on(device: torch.device) -> int:
    return torch.cuda.mem_get_info(device)[0]
