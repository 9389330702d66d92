"""In which order the rows of an epoch come, and how they are dealt out.

Both are pure functions of a few numbers. Any batch of any epoch can be named
without those before it, which makes resuming exact, and nothing depends on
where the rows lie, how many workers read them or how many processes share them.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from noncoding.common.errors import InputError
from noncoding.data.store import ROWS_PER_CHUNK


@dataclass(frozen=True)
class EpochOrder:
    """Rows in random order, pool by pool, so that a pool fits into memory.

    The blocks of the store are shuffled and dealt to pools; then the rows of
    each pool are shuffled. Neighbours in the store, which overlap in the
    genome, end up in different pools or far apart in one. Where all rows fit
    into one pool, every order is equally likely.

    Parameters
    ----------
    rows : int
        Of the store.
    seed, epoch : int
        Another of either gives another order.
    buffer_rows : int
        Rows of a pool, at most; one block, at least.
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
        """Numbers of the blocks of each pool, rising."""
        blocks = self._generator(0).permutation(-(-self.rows // self.block_rows))
        most = max(1, self.buffer_rows // self.block_rows)
        # Pools of one size, and not full ones and a remainder that is badly mixed.
        dealt = np.array_split(blocks, max(1, -(-len(blocks) // most)))
        return [np.sort(pool) for pool in dealt]

    @cached_property
    def starts(self) -> npt.NDArray[np.int64]:
        """Place in the epoch of the first row of each pool, and the number of rows."""
        sizes = [sum(self.block_size(block) for block in pool) for pool in self.pools]
        return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)

    def block_size(self, block: int) -> int:
        """Rows of a block; the last one may be shorter."""
        return min(self.block_rows, self.rows - int(block) * self.block_rows)

    def shuffle(self, pool: int) -> npt.NDArray[np.int64]:
        """The order within a pool, as places in its blocks laid end to end."""
        return self._generator(1 + pool).permutation(int(np.diff(self.starts)[pool]))

    def rows_of(self, pool: int) -> npt.NDArray[np.int64]:
        """Numbers of the rows of a pool's blocks laid end to end, rising."""
        starts = self.pools[pool] * self.block_rows
        return np.concatenate(
            [
                np.arange(start, start + self.block_size(block))
                for start, block in zip(starts, self.pools[pool], strict=True)
            ]
        )

    def _generator(self, stream: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, self.epoch, stream])


@dataclass(frozen=True)
class BatchPlan:
    """How the places of an epoch are dealt to batches and processes.

    Sizes differ by one row at most; none is larger than asked for, no row is
    left over. What all processes take in one step is what a single process
    with a batch of ``batch_size * processes`` takes.

    Parameters
    ----------
    rows : int
    batch_size : int
        Rows a step and process, at most.
    processes, rank : int
        That share the epoch, and which of them this is.

    Raises
    ------
    InputError
        There are not enough rows to give each process one at each step.
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
                "at least one row for each at each step",
                "Give it more rows, train on fewer devices, or use larger batches.",
            )

    def __len__(self) -> int:
        """Steps an epoch."""
        return -(-self.rows // (self.batch_size * self.processes))

    def span(self, batch: int) -> tuple[int, int]:
        """First place in the epoch of a batch of this process, and the one after its last."""
        part, parts = batch * self.processes + self.rank, len(self) * self.processes
        return part * self.rows // parts, (part + 1) * self.rows // parts

    def span_of_all(self, batch: int) -> tuple[int, int]:
        """First place of what all processes take in a step, and the one after its last."""
        part, parts = batch * self.processes, len(self) * self.processes
        return part * self.rows // parts, (part + self.processes) * self.rows // parts
