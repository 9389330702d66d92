"""Pack the bits of a bundle's variable row by row.

In a bundle, the first position of all rows comes first, then the second one
of all rows, and so on. Eight such planes are packed into one plane of bytes as
soon as they are read; only the planes of bytes, an eighth of the data, are
transposed. Each piece of the source is read once.
"""

import math
import os
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from noncoding.common.hdf5 import new_hdf5
from noncoding.data.bundle.source import Source

BAND_BYTES = 1 << 26
"""Most bytes of packed planes that are kept in memory for one band of rows; a longer band is
written to disk."""
SHORT_BAND_BYTES = 1 << 20
"""Size to which short pieces are gathered: it fits into the cache of a core."""
AHEAD_BYTES = 1 << 27
"""Most bytes of bands that are packed in advance, besides the next one."""
PIECES_BYTES = 1 << 28
"""Most bytes of pieces that are read at a time by all threads together."""
ROWS_PER_BLOCK = 1 << 16
"""Most rows that are yielded at a time."""
# Rows that are transposed at a time: all steps on them stay in the fastest caches.
_ROWS_PER_TILE = 1 << 8
# Bytes to which small adjacent pieces are joined before they are packed.
_WIDE_BYTES = 1 << 20


def packed_rows(
    source: Source,
    scratch: str | os.PathLike[str],
    threads: int,
    *,
    order: Sequence[int] = (0,),
) -> Iterator[npt.NDArray[np.uint8]]:
    """All rows of a source, packed along the bits.

    Parameters
    ----------
    source : Source
        (bits, channels, rows).
    scratch : path
        File for the planes where a band of rows is too long for memory; removed at the end.
    threads : int
    order : sequence of int
        Channel ``i`` of the packed rows is channel ``order[i]`` of the source.

    Yields
    ------
    numpy.ndarray, shape=(n, channels, ceil(bits / 8)), dtype=uint8
    """
    rows, piece = source.shape[2], source.grid[2]
    planes = _planes(source)
    size = min(piece * max(1, SHORT_BAND_BYTES // (planes * piece)), max(1, rows))
    # Fewer threads where pieces are large: each holds one, and its compressed form.
    threads = max(1, min(threads, PIECES_BYTES // source.piece_bytes))
    ahead = max(1, min(2 * threads, AHEAD_BYTES // (2 * planes * size)))
    waiting: deque[_Band] = deque()
    with ExitStack() as stack:
        spill = None
        if planes * size > BAND_BYTES:
            stack.callback(Path(scratch).unlink, missing_ok=True)
            spill = stack.enter_context(new_hdf5(scratch))
        pool = stack.enter_context(ThreadPoolExecutor(threads))
        stack.callback(pool.shutdown, cancel_futures=True)
        for start in range(0, rows, size):
            band = slice(start, min(start + size, rows))
            waiting.append(_Band(source, list(order), band, pool, spill))
            if len(waiting) > ahead:
                yield from waiting.popleft().blocks()
        while waiting:
            yield from waiting.popleft().blocks()


def _planes(source: Source) -> int:
    """Number of planes of bytes, padded so that eight bytes of a row move as one number."""
    return -(-source.shape[1] * -(-source.shape[0] // 8) // 8) * 8


class _Band:
    """Some rows, a whole number of pieces: packed by the pool, then transposed.

    Plane ``channel * bytes + i`` holds bits ``8 * i`` to ``8 * i + 7`` of a channel, in `order`.
    """

    def __init__(
        self,
        source: Source,
        order: list[int],
        rows: slice,
        pool: ThreadPoolExecutor,
        spill: h5py.File | None,
    ) -> None:
        self._source = source
        self._order = order
        self._bytes = -(-source.shape[0] // 8)
        self._rows = rows
        self._count = rows.stop - rows.start
        shape = (_planes(source), self._count)
        self._on_disk = spill is not None
        self._planes: Any = (
            np.zeros(shape, dtype=np.uint8)
            if spill is None
            else spill.create_dataset(f"rows {rows.start}", shape=shape, dtype=np.uint8)
        )
        self._transposed: npt.NDArray[np.uint8] | None = None
        # Small adjacent pieces are packed as one: with many small steps, two threads that
        # take turns on Python's lock would be slower than one.
        wide = source.grid[2] * max(1, _WIDE_BYTES // source.piece_bytes)
        runs = [
            (bits, channel, range(row, min(row + wide, rows.stop), source.grid[2]))
            for row in range(rows.start, rows.stop, wide)
            for channel in range(0, source.shape[1], source.grid[1])
            for bits in _runs(source.shape[0], source.grid[0])
        ]
        self._left = len(runs)
        self._lock = threading.Lock()
        self._packing: list[Future[None]] = [pool.submit(self._pack, *run) for run in runs]

    def blocks(self) -> Iterator[npt.NDArray[np.uint8]]:
        """The rows, shape=(n, channels, bytes) at a time."""
        done, _ = wait(self._packing, return_when=FIRST_EXCEPTION)
        for packing in done:
            packing.result()
        for start in range(0, self._count, ROWS_PER_BLOCK):
            rows = slice(start, min(start + ROWS_PER_BLOCK, self._count))
            block = self._transpose(rows) if self._transposed is None else self._transposed[rows]
            yield block.reshape(len(block), len(self._order), self._bytes)

    def _transpose(self, rows: slice) -> npt.NDArray[np.uint8]:
        """The rows, shape=(n, channels * bytes)."""
        planes, used = self._planes[:, rows], len(self._order) * self._bytes
        transposed = np.empty((planes.shape[1], used), dtype=np.uint8)
        for tile in range(0, len(transposed), _ROWS_PER_TILE):
            part = slice(tile, tile + _ROWS_PER_TILE)
            transposed[part] = _transposed_bytes(planes[:, part])[:, :used]
        return transposed

    def _pack(self, bits: range, channel: int, rows: range) -> None:
        """Pack a run of pieces that begins and ends with a byte; transpose after the last."""
        byte = bits.start // 8
        for packed in _whole_bytes(self._read(bit, channel, rows) for bit in bits):
            self._put(byte, channel, rows.start, packed)
            byte += len(packed)
        with self._lock:
            self._left -= 1
            last = not self._left
        # In this thread, whose cache holds it; planes on disk are transposed when they are read.
        if last and not self._on_disk:
            self._transposed = self._transpose(slice(0, self._count))
            self._planes = None

    def _read(self, bit: int, channel: int, rows: range) -> npt.NDArray[np.uint8]:
        pieces = [self._source.read((bit, channel, row)) for row in rows]
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces, axis=2)

    def _put(self, byte: int, channel: int, row: int, packed: npt.NDArray[np.uint8]) -> None:
        start = row - self._rows.start
        columns = slice(start, start + packed.shape[2])
        for i in range(packed.shape[1]):
            plane = self._order.index(channel + i) * self._bytes + byte
            self._planes[plane : plane + len(packed), columns] = packed[:, i]


def _runs(bits: int, piece: int) -> Iterator[range]:
    """First bits of the pieces, in runs that begin and end with a byte."""
    length = math.lcm(piece, 8)
    for start in range(0, bits, length):
        yield range(start, min(start + length, bits), piece)


def _whole_bytes(
    pieces: Iterator[npt.NDArray[np.uint8]],
) -> Iterator[npt.NDArray[np.uint8]]:
    """Pack consecutive pieces of any number of bits, shape=(bits, channels, rows).

    Yields
    ------
    numpy.ndarray, shape=(bytes, channels, rows), dtype=uint8
        The last byte is padded with zeros.
    """
    started, filled = np.empty(0, np.uint8), 0
    for piece in pieces:
        while len(piece):
            if not filled and len(piece) >= 8:
                whole = len(piece) // 8 * 8
                yield _packed(piece[:whole])
                piece = piece[whole:]
                continue
            if filled:
                np.add(started, started, out=started)
                np.bitwise_or(started, piece[0], out=started)
            else:
                started = piece[0].copy()
            filled, piece = (filled + 1) % 8, piece[1:]
            if not filled:
                yield started[None]
        del piece  # Its memory is free before the next one is read.
    if filled:
        yield np.left_shift(started, 8 - filled, dtype=np.uint8)[None]


def _packed(bits: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Pack zeros and ones, shape=(8 n, …), along the first axis.

    ``numpy.packbits`` is some twenty times slower along an axis that is not the last one.
    """
    packed = bits[0::8].copy()
    for i in range(1, 8):
        np.add(packed, packed, out=packed)
        np.bitwise_or(packed, bits[i::8], out=packed)
    return packed


def _transposed_bytes(planes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Transpose bytes, shape=(8 n, rows).

    Eight planes are joined to one of 64-bit numbers first, since moving a number costs no more
    than moving a byte.
    """
    joined: npt.NDArray[Any] = planes
    for bits, wider in ((8, "<u2"), (16, "<u4"), (32, "<u8")):
        pairs = joined[1::2].astype(wider)
        pairs <<= bits
        pairs |= joined[0::2]
        joined = pairs
    return np.ascontiguousarray(joined.T).view(np.uint8)
