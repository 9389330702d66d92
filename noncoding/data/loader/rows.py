"""Packed rows of a split, on disk or in memory."""

import math
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from noncoding.common.errors import InputError
from noncoding.common.memory import available_memory
from noncoding.data.loader.order import EpochOrder
from noncoding.data.store import ROWS_PER_CHUNK, Store

Packed = npt.NDArray[np.uint8]

_DEVICE_SHARE = 0.2
"""Of the free memory of a GPU; the rest is for training."""
_MEMORY_SHARE = 0.5
"""Of the memory that is available to the job."""


class PackedBatch(NamedTuple):
    """Rows of a store, eight bits per byte.

    Attributes
    ----------
    sequence : torch.Tensor, shape=(batch, 4, ceil(length / 8)), dtype=uint8
    label : torch.Tensor, shape=(batch, ceil(targets / 8)), dtype=uint8
    """

    sequence: torch.Tensor
    label: torch.Tensor

    def take(self, index: torch.Tensor) -> "PackedBatch":
        """Rows by number; several times faster than indexing."""
        return PackedBatch(self.sequence.index_select(0, index), self.label.index_select(0, index))


class Pool(NamedTuple):
    """Rows that batches are taken from, and their order.

    Attributes
    ----------
    rows : PackedBatch
    order : torch.Tensor, dtype=int64
        Numbers within `rows`, on the same device.
    """

    rows: PackedBatch
    order: torch.Tensor


class RowsOnDisk:
    """A split on disk, with at most two pools in memory.

    Parameters
    ----------
    path : path
        The store.
    loci_only : bool
        Whether to skip the reverse complements of a store with both strands.

    Attributes
    ----------
    length, targets : int
    packed_shapes : tuple of tuple of int
        Of a packed sequence and of packed labels.
    """

    def __init__(self, path: str | os.PathLike[str], *, loci_only: bool = False) -> None:
        self.path = Path(path)
        with Store(path) as store:
            self.length = store.length
            self.targets = len(store.targets)
            self.packed_shapes = store.packed_shapes
            self._count = store.loci_count if loci_only else store.rows

    def __len__(self) -> int:
        return self._count

    @property
    def packed_bytes(self) -> int:
        """Bytes of all rows: 615 a row at the official shapes."""
        return len(self) * sum(math.prod(shape) for shape in self.packed_shapes)

    def blocks(self) -> Iterator[tuple[Packed, Packed]]:
        """Yield sequences and labels of each block of the store, in order.

        Raises
        ------
        InputError
            The store is missing or damaged; the message names the rows.
        """
        with Store(self.path) as store:
            for block in range(-(-len(self) // ROWS_PER_CHUNK)):
                yield _cut_block(store, block, len(self))

    def pools(self, order: EpochOrder, first: int) -> Iterator[Pool]:
        """Yield the pools of an epoch from number `first`; while one is used, the next is read."""
        numbers = iter(range(first, len(order.pools)))
        with Store(self.path) as store, ThreadPoolExecutor(1, "pools") as reader:

            def read_next() -> Future[Pool] | None:
                number = next(numbers, None)
                return None if number is None else reader.submit(_read_pool, store, order, number)

            reading = read_next()
            while reading is not None:
                pool = reading.result()
                reading = read_next()
                yield pool
                del pool  # or three would be in memory

    def positives(self) -> np.ndarray:
        """Positive rows by target, shape=(targets,), dtype=int64."""
        counts = np.zeros(self.targets, dtype=np.int64)
        for _, labels in self.blocks():
            bits = np.unpackbits(labels, axis=-1, count=self.targets)
            counts += bits.sum(axis=0, dtype=np.int64)
        return counts

    def prevalence(self) -> torch.Tensor:
        """Share of positive rows by target, add-one smoothed, shape=(targets,)."""
        return torch.from_numpy((self.positives() + 1) / (len(self) + 2)).float()


def _read_pool(store: Store, order: EpochOrder, pool: int) -> Pool:
    places = torch.from_numpy(order.shuffle(pool))
    rows = _empty(store.packed_shapes, len(places), torch.device("cpu"))
    _fill(rows, (_cut_block(store, int(block), order.rows) for block in order.pools[pool]))
    return Pool(rows, places)


def _cut_block(store: Store, block: int, rows: int) -> tuple[Packed, Packed]:
    """A block, as far as it belongs to the first `rows` rows of the store."""
    sequences, labels = store.packed_block(block)
    left = rows - block * ROWS_PER_CHUNK
    return sequences[:left], labels[:left]


def _empty(shapes: Iterable[tuple[int, ...]], count: int, device: torch.device) -> PackedBatch:
    return PackedBatch(
        *(torch.empty((count, *shape), dtype=torch.uint8, device=device) for shape in shapes)
    )


def _fill(rows: PackedBatch, blocks: Iterable[tuple[Packed, Packed]]) -> None:
    """Copy blocks one by one, since a list of them would double the memory."""
    on_cpu = rows.label.device.type == "cpu"
    at = 0
    for block in blocks:
        for whole, part in zip(rows, block, strict=True):
            span = slice(at, at + len(part))
            if on_cpu:
                whole.numpy()[span] = part
            else:
                # Copied, because torch has no read-only tensors.
                whole[span] = torch.from_numpy(part.copy()).to(whole.device)
        at += len(block[1])


class RowsInMemory:
    """A split in the memory of a device, with the same pools as on disk."""

    def __init__(self, stored: RowsOnDisk, device: torch.device) -> None:
        self._rows = _empty(stored.packed_shapes, len(stored), device)
        _fill(self._rows, stored.blocks())

    def __len__(self) -> int:
        return len(self._rows.label)

    def pools(self, order: EpochOrder, first: int) -> Iterator[Pool]:
        """Yield the pools of an epoch from number `first`."""
        for pool in range(first, len(order.pools)):
            rows = order.rows_of(pool)[order.shuffle(pool)]
            yield Pool(self._rows, torch.from_numpy(rows).to(self._rows.label.device))


Rows = RowsOnDisk | RowsInMemory


def placement(wanted: str, stored: RowsOnDisk, device: torch.device, processes: int = 1) -> str:
    """Where to keep a split: ``device``, ``memory`` or ``disk``.

    Parameters
    ----------
    wanted : str
        One of these, or ``auto``.
    stored : RowsOnDisk
    device : torch.device
        The training device.
    processes : int
        Processes of this machine that keep the split.

    Raises
    ------
    InputError
        The split does not fit into the memory that is wanted.
    """
    needed = stored.packed_bytes
    if wanted == "auto":
        if device.type == "cuda" and needed <= _DEVICE_SHARE * _free_on(device):
            return "device"
        fits = needed * processes <= _MEMORY_SHARE * available_memory()
        return "memory" if fits else "disk"
    if wanted == "device" and device.type == "cuda":
        free, what = _free_on(device), "memory of the GPU"
    elif wanted == "disk":
        return wanted
    else:
        free, what = available_memory() // processes, "memory"
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
