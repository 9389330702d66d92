"""Batches of packed rows: shuffled for training, in order for validation."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from noncoding.common.errors import InputError
from noncoding.data.loader.order import BatchPlan, EpochOrder
from noncoding.data.loader.rows import PackedBatch, Rows, RowsOnDisk
from noncoding.data.store import Store


class ShuffledBatches:
    """Every row once per epoch, in another order in each; can be resumed at any batch.

    Batches stay packed until they are on the training device, so that one process, which
    reads ahead in a thread, is fast enough for a GPU. The number of worker processes does
    not affect the batches.

    Parameters
    ----------
    rows : RowsOnDisk or RowsInMemory
    batch_size : int
        Maximum number of rows per step and process (see `BatchPlan`).
    seed : int
    buffer_rows : int
        Rows that are shuffled together (see `EpochOrder`).
    processes, rank : int
        Number of training processes, and which of them this is.
    workers : int
        Processes that read; 0 to read in this one.
    pin_memory : bool
        Return batches in pinned memory.
    """

    def __init__(
        self,
        rows: Rows,
        *,
        batch_size: int,
        seed: int,
        buffer_rows: int,
        processes: int = 1,
        rank: int = 0,
        workers: int = 0,
        pin_memory: bool = False,
    ) -> None:
        self._rows = rows
        self.plan = BatchPlan(len(rows), batch_size, processes, rank)
        self._identity = {
            "rows": len(rows),
            "batch size": batch_size,
            "processes": processes,
            "seed": seed,
            "shuffle buffer": buffer_rows,
        }
        self._seed = seed
        self._buffer_rows = buffer_rows
        self._workers = workers
        self._pin_memory = pin_memory
        self._epoch = 0
        self._next = 0

    @property
    def sampler(self) -> "ShuffledBatches":
        """The object whose `set_epoch` Lightning calls."""
        return self

    def set_epoch(self, epoch: int) -> None:
        """Start an epoch, or continue it if it is the current one."""
        if epoch != self._epoch:
            self._epoch, self._next = epoch, 0

    def state_dict(self) -> dict[str, Any]:
        """The epoch, the number of its batches that were returned, and what defines the order."""
        return {"epoch": self._epoch, "batch": self._next, "order": self._identity}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue after the batches of a `state_dict`.

        Raises
        ------
        InputError
            The state belongs to another order.
        """
        if state["order"] != self._identity:
            raise InputError(
                "the checkpoint to resume from",
                f"an order of rows made with {_listed(state['order'])}",
                _listed(self._identity),
                "Resume with the settings of the checkpoint, or train from the start.",
            )
        self._epoch, self._next = state["epoch"], state["batch"]

    def __len__(self) -> int:
        """Number of batches of a whole epoch."""
        return len(self.plan)

    def __iter__(self) -> Iterator[PackedBatch]:
        """Yield the remaining batches of the epoch, then set the next one."""
        order = EpochOrder(len(self._rows), self._seed, self._epoch, self._buffer_rows)
        loader = DataLoader(
            _Epoch(self._rows, order, self.plan, self._next),
            batch_size=None,
            num_workers=self._workers,
            pin_memory=self._pin_memory,
            collate_fn=_as_arrays if self._workers else None,
        )
        for batch in _received(loader):
            self._next += 1
            yield batch
        self.set_epoch(self._epoch + 1)


class _Arrays(NamedTuple):
    """A batch as a worker sends it.

    Tensors would be sent through /dev/shm, which is small in containers, and a worker waits
    forever if it is full; arrays are sent through a pipe.
    """

    sequence: npt.NDArray[np.uint8]
    label: npt.NDArray[np.uint8]

    def tensors(self) -> PackedBatch:
        return PackedBatch(*map(torch.from_numpy, self))

    def pin_memory(self) -> PackedBatch:
        """Called by a thread of DataLoader."""
        return PackedBatch(*(tensor.pin_memory() for tensor in self.tensors()))


def _as_arrays(batch: Any) -> Any:
    if isinstance(batch, PackedBatch):
        return _Arrays(*(tensor.numpy() for tensor in batch))
    return batch


def _received(loader: DataLoader[PackedBatch]) -> Iterator[PackedBatch]:
    """The batches of a DataLoader; errors of its workers are raised as an `InputError`."""
    where = "load.workers in the configuration"
    remedy = "Set it to 0: it changes no result, and one process is usually as fast."
    try:
        if loader.num_workers:
            torch.multiprocessing.Lock()  # If this fails in DataLoader, it prints a traceback.
        batches = iter(loader)
    except OSError as error:
        found = f"{loader.num_workers}, but processes cannot be started ({error.strerror})"
        expected = "a number of data-loading processes that can be started"
        raise InputError(where, found, expected, remedy) from error
    while True:
        try:
            batch = next(batches, None)
        except RuntimeError as error:
            if not str(error).startswith("DataLoader worker"):
                raise
            found = f"a data-loading process that was killed ({str(error).splitlines()[0]})"
            expected = "all of them to finish; one is often killed because memory runs out"
            raise InputError(where, found, expected, remedy) from error
        if batch is None:
            return
        if isinstance(batch, InputError):
            raise batch
        yield batch.tensors() if isinstance(batch, _Arrays) else batch


def _listed(order: dict[str, int]) -> str:
    return ", ".join(f"{name} {value}" for name, value in order.items())


class _Epoch(IterableDataset):
    """The batches of an epoch, beginning with number `first`."""

    def __init__(self, rows: Rows, order: EpochOrder, plan: BatchPlan, first: int) -> None:
        self._rows = rows
        self._order = order
        self._plan = plan
        self._first = first

    def __iter__(self) -> Iterator[PackedBatch | InputError]:
        worker = get_worker_info()
        # DataLoader takes a batch from each worker in turn.
        first = self._first + (worker.id if worker else 0)
        numbers = range(first, len(self._plan), worker.num_workers if worker else 1)
        try:
            if numbers:
                yield from self._batches(numbers)
        except InputError as error:
            # DataLoader would turn an error that is raised in a worker into another type.
            yield error

    def _batches(self, numbers: range) -> Iterator[PackedBatch]:
        starts = self._order.starts
        number = int(starts.searchsorted(self._plan.span(numbers[0])[0], side="right")) - 1
        pools = self._rows.pools(self._order, number)
        pool = next(pools)
        try:
            for batch in numbers:
                start, stop = self._plan.span(batch)
                parts = []
                while start < stop:
                    while start >= starts[number + 1]:
                        del pool
                        pool, number = next(pools), number + 1
                    end = min(stop, int(starts[number + 1]))
                    places = pool.order[start - starts[number] : end - starts[number]]
                    parts.append(pool.rows.take(places))
                    start = end
                if batch == numbers[-1]:
                    # Lightning requests nothing after the last batch: free the memory before it.
                    del pool
                    pools.close()  # type: ignore[attr-defined]
                tensors = zip(*parts, strict=True)
                yield parts[0] if len(parts) == 1 else PackedBatch(*map(torch.cat, tensors))
        finally:
            pools.close()  # type: ignore[attr-defined] # a generator: ends its thread


class OrderedBatches:
    """All rows in the order of the store.

    Parameters
    ----------
    rows : RowsOnDisk
    batch_size : int
    processes, rank : int
        Number of processes, and which of them this is; each has a contiguous part, and
        the parts follow each other.
    """

    def __init__(
        self, rows: RowsOnDisk, batch_size: int, processes: int = 1, rank: int = 0
    ) -> None:
        self._rows = rows
        self._batch_size = batch_size
        self._start = rank * len(rows) // processes
        self._stop = (rank + 1) * len(rows) // processes

    def __len__(self) -> int:
        return -(-(self._stop - self._start) // self._batch_size)

    def __iter__(self) -> Iterator[PackedBatch]:
        with Store(self._rows.path) as store:
            for start in range(self._start, self._stop, self._batch_size):
                rows = slice(start, min(start + self._batch_size, self._stop))
                yield PackedBatch(
                    torch.from_numpy(store.packed_sequences(rows)),
                    torch.from_numpy(store.packed_labels(rows)),
                )
