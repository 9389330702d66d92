"""The order of rows in an epoch, and their distribution to batches and processes.

Both are pure functions of a few numbers: any batch of any epoch is known without those
before it, which makes resuming exact, and neither the placement of the rows nor the numbers
of workers and processes affect the order.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from noncoding.common.errors import InputError
from noncoding.data.store import ROWS_PER_CHUNK


@dataclass(frozen=True)
class EpochOrder:
    """Rows in random order, in pools that fit into memory.

    The blocks of the store are shuffled and distributed to pools; then the rows of
    each pool are shuffled. Neighbouring rows, which overlap in the genome, are in different
    pools or far apart in one. If all rows fit into one pool, every order is equally likely.

    Parameters
    ----------
    rows : int
        Of the store.
    seed, epoch : int
    buffer_rows : int
        Maximum number of rows of a pool, which has at least one block.
    block_rows : int
        Rows that are read together.
    """

    rows: int
    seed: int
    epoch: int
    buffer_rows: int
    block_rows: int = ROWS_PER_CHUNK

    @cached_property
    def pools(self) -> list[npt.NDArray[np.int64]]:
        """Numbers of the blocks of each pool, in ascending order."""
        blocks = self._generator(0).permutation(-(-self.rows // self.block_rows))
        most = max(1, self.buffer_rows // self.block_rows)
        # Pools of equal size, since a small remainder would be badly shuffled.
        split = np.array_split(blocks, max(1, -(-len(blocks) // most)))
        return [np.sort(pool) for pool in split]

    @cached_property
    def starts(self) -> npt.NDArray[np.int64]:
        """Place in the epoch of the first row of each pool, and the number of rows."""
        block = self.block_rows  # at most; the last one of the store may be shorter
        sizes = [np.minimum(block, self.rows - pool * block).sum() for pool in self.pools]
        return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    def shuffle(self, pool: int) -> npt.NDArray[np.int64]:
        """The order within a pool, as places in its concatenated blocks."""
        return self._generator(1 + pool).permutation(int(np.diff(self.starts)[pool]))

    def rows_of(self, pool: int) -> npt.NDArray[np.int64]:
        """Numbers of the rows of a pool's concatenated blocks, in ascending order."""
        rows = np.add.outer(self.pools[pool] * self.block_rows, np.arange(self.block_rows)).ravel()
        return rows[rows < self.rows]

    def _generator(self, stream: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, self.epoch, stream])


@dataclass(frozen=True)
class BatchPlan:
    """Distribution of the places of an epoch to batches and processes.

    Batch sizes differ by at most one row and do not exceed `batch_size`; each row is used.
    The rows of all processes in a step are those of a single process with a batch of
    ``batch_size * processes``.

    Parameters
    ----------
    rows : int
    batch_size : int
        Maximum number of rows per step and process.
    processes, rank : int
        Number of processes, and which of them this is.

    Raises
    ------
    InputError
        There are fewer rows than one per step and process.
    """

    rows: int
    batch_size: int
    processes: int = 1
    rank: int = 0

    def __post_init__(self) -> None:
        if self.rows < max(1, len(self) * self.processes):
            raise InputError(
                "the training split",
                f"{self.rows} rows for {self.processes} processes",
                "at least one row per step and process",
                "Add rows, train on fewer devices, or use larger batches.",
            )

    def __len__(self) -> int:
        """Steps per epoch."""
        return -(-self.rows // (self.batch_size * self.processes))

    def span(self, batch: int) -> tuple[int, int]:
        """Places in the epoch of a batch of this process: the first, and one after the last."""
        part, parts = batch * self.processes + self.rank, len(self) * self.processes
        return part * self.rows // parts, (part + 1) * self.rows // parts

    def span_of_all(self, batch: int) -> tuple[int, int]:
        """The same of all processes together."""
        return batch * self.rows // len(self), (batch + 1) * self.rows // len(self)
