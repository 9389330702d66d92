"""From bits that lie row by row apart to packed rows.

In a bundle, the first position of all rows comes first, then the second one
of all rows, and so on. Eight such planes are joined to one plane of bytes as
soon as they are read; only the planes of bytes, an eighth of the data, are
turned around. Each piece of the source is read once.
"""

import math
import os
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from noncoding.common.hdf5 import new_hdf5
from noncoding.data.bundle.source import Source

BAND_BYTES = 1 << 26
"""Most bytes of packed planes that are kept in memory for one band of rows; one
that is longer is put down on disk."""
SHORT_BAND_BYTES = 1 << 20
"""What short pieces are gathered to: so much stays in a core's cache."""
AHEAD_BYTES = 1 << 27
"""Most bytes of bands that wait to be handed on, beside one that always may."""
PIECES_BYTES = 1 << 28
"""Most bytes of pieces that are read at a time, all threads together."""
ROWS_PER_BLOCK = 1 << 16
"""Most rows that are handed on at a time."""
# Rows that are turned around at a time: all steps on them stay in the fastest caches.
_ROWS_PER_TILE = 1 << 8
# Bytes that small pieces side by side are joined to before they are packed.
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
        File to put planes down in where a band of rows is too long for memory.
    threads : int
        That read and pack.
    order : sequence of int
        Channel ``i`` of what is returned is channel ``order[i]`` of the source.

    Yields
    ------
    numpy.ndarray, shape=(n, channels, ceil(bits / 8)), dtype=uint8
    """
    rows = source.shape[2]
    planes = _Planes(channels=source.shape[1], bytes=-(-source.shape[0] // 8), order=list(order))
    size = _rows_per_band(source, planes)
    # Fewer threads where pieces are large: each holds one, and what it came from.
    threads = max(1, min(threads, PIECES_BYTES // source.piece_bytes))
    ahead = max(1, min(2 * threads, AHEAD_BYTES // (2 * planes.padded * size)))
    waiting: deque[_Band] = deque()
    with ExitStack() as stack:
        spill = None
        if planes.padded * size > BAND_BYTES:
            spill = stack.enter_context(_spilling(Path(scratch)))
        pool = stack.enter_context(ThreadPoolExecutor(threads))
        stack.callback(pool.shutdown, cancel_futures=True)
        for start in range(0, rows, size):
            band = slice(start, min(start + size, rows))
            waiting.append(_Band(source, planes, band, pool, spill))
            if len(waiting) > ahead:
                yield from waiting.popleft().blocks()
        while waiting:
            yield from waiting.popleft().blocks()


@dataclass(frozen=True)
class _Planes:
    """How the bits of a row are laid out in planes of bytes.

    Plane ``channel * bytes + i`` holds bits ``8 * i`` and following of that
    channel. Their number is filled up to a multiple of eight, so that eight
    bytes of a row can be moved as one number.
    """

    channels: int
    bytes: int
    order: list[int]

    @property
    def used(self) -> int:
        return self.channels * self.bytes

    @property
    def padded(self) -> int:
        return -(-self.used // 8) * 8

    def first(self, source_channel: int) -> int:
        """The first plane of a channel of the source."""
        return self.order.index(source_channel) * self.bytes


def _rows_per_band(source: Source, planes: _Planes) -> int:
    piece = source.grid[2]
    size = piece * max(1, SHORT_BAND_BYTES // (planes.padded * piece))
    return min(size, max(1, source.shape[2]))


@contextmanager
def _spilling(path: Path) -> Iterator[h5py.File]:
    try:
        with new_hdf5(path) as file:
            yield file
    finally:
        path.unlink(missing_ok=True)


class _Band:
    """Some rows, whole pieces long: packed by the pool, then turned around."""

    def __init__(
        self,
        source: Source,
        planes: _Planes,
        rows: slice,
        pool: ThreadPoolExecutor,
        spill: h5py.File | None,
    ) -> None:
        self._source = source
        self._layout = planes
        self._rows = rows
        self._count = rows.stop - rows.start
        shape = (planes.padded, self._count)
        self._on_disk = spill is not None
        self._planes: Any = (
            np.zeros(shape, dtype=np.uint8)
            if spill is None
            else spill.create_dataset(f"rows {rows.start}", shape=shape, dtype=np.uint8)
        )
        self._turned: npt.NDArray[np.uint8] | None = None
        # Small pieces side by side are packed as one: so many small steps take turns
        # on Python's lock that two threads would be slower than one.
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
            turned = self._turn(rows) if self._turned is None else self._turned[rows]
            yield turned.reshape(-1, self._layout.channels, self._layout.bytes)

    def _turn(self, rows: slice) -> npt.NDArray[np.uint8]:
        """The rows, shape=(n, channels * bytes)."""
        planes = self._planes[:, rows]
        turned = np.empty((planes.shape[1], self._layout.used), dtype=np.uint8)
        for tile in range(0, len(turned), _ROWS_PER_TILE):
            part = slice(tile, tile + _ROWS_PER_TILE)
            turned[part] = _transposed(planes[:, part])[:, : self._layout.used]
        return turned

    def _pack(self, bits: range, channel: int, rows: range) -> None:
        """Pack a run of pieces that begins and ends with a byte; turn, if it was the last."""
        joined = _Joined(bits.start)
        for bit in bits:
            for first, packed in joined.add(self._read(bit, channel, rows)):
                self._put(first, channel, rows.start, packed)
        for first, packed in joined.rest():
            self._put(first, channel, rows.start, packed)
        with self._lock:
            self._left -= 1
            last = not self._left
        # On the thread that has it in its cache; what lies on disk is turned when asked for.
        if last and not self._on_disk:
            self._turned = self._turn(slice(0, self._count))
            self._planes = None

    def _read(self, bit: int, channel: int, rows: range) -> npt.NDArray[np.uint8]:
        pieces = [self._source.read((bit, channel, row)) for row in rows]
        return pieces[0] if len(pieces) == 1 else np.concatenate(pieces, axis=2)

    def _put(self, first: int, channel: int, row: int, packed: npt.NDArray[np.uint8]) -> None:
        start = row - self._rows.start
        for i in range(packed.shape[1]):
            plane = self._layout.first(channel + i) + first
            self._planes[plane : plane + len(packed), start : start + packed.shape[2]] = packed[
                :, i
            ]


def _runs(bits: int, piece: int) -> Iterator[range]:
    """First bits of the pieces, in runs that begin and end with a byte."""
    length = math.lcm(piece, 8)
    for start in range(0, bits, length):
        yield range(start, min(start + length, bits), piece)


class _Joined:
    """Packs pieces of any number of bits, one after the other."""

    def __init__(self, first_bit: int) -> None:
        self._byte = first_bit // 8
        self._begun: npt.NDArray[np.uint8] | None = None
        self._filled = 0

    def add(self, piece: npt.NDArray[np.uint8]) -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
        """Take up bits, shape=(bits, channels, rows); yield whole bytes and where they belong."""
        taken = 0
        while self._filled and taken < len(piece):
            yield from self._take(piece[taken])
            taken += 1
        whole = (len(piece) - taken) // 8 * 8
        if whole:
            yield self._byte, _packed(piece[taken : taken + whole])
            self._byte += whole // 8
        for bit in piece[taken + whole :]:
            yield from self._take(bit)

    def rest(self) -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
        """The last byte, filled up with zeros, if it was begun."""
        if self._begun is not None:
            yield self._byte, np.left_shift(self._begun, 8 - self._filled, dtype=np.uint8)[None]

    def _take(self, bit: npt.NDArray[np.uint8]) -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
        if self._begun is None:
            self._begun = bit.copy()
        else:
            np.add(self._begun, self._begun, out=self._begun)
            np.bitwise_or(self._begun, bit, out=self._begun)
        self._filled += 1
        if self._filled == 8:
            yield self._byte, self._begun[None]
            self._byte, self._begun, self._filled = self._byte + 1, None, 0


def _packed(bits: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Zeros and ones, shape=(8 n, …), packed along the first axis.

    ``numpy.packbits`` is some twenty times slower along an axis that is not
    the last one.
    """
    packed = bits[0::8].copy()
    for i in range(1, 8):
        np.add(packed, packed, out=packed)
        np.bitwise_or(packed, bits[i::8], out=packed)
    return packed


def _transposed(planes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Transpose of bytes, shape=(8 n, rows).

    Eight planes are joined to one of 64-bit numbers first, by arithmetic over
    whole planes: moving numbers costs no more than moving bytes.
    """
    joined: npt.NDArray[Any] = planes
    for bits, wider in ((8, "<u2"), (16, "<u4"), (32, "<u8")):
        pairs = joined[1::2].astype(wider)
        pairs <<= bits
        pairs |= joined[0::2]
        joined = pairs
    return np.ascontiguousarray(joined.T).view(np.uint8)
