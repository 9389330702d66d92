"""From bits that lie row by row apart to packed rows.

In a bundle, the first position of all rows comes first, then the second one
of all rows, and so on. Eight such planes are joined to one plane of bytes as
soon as they are read; only the planes of bytes, an eighth of the data, are
turned around. Each piece of the source is read once.
"""

import math
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from noncoding.bundle.source import Source

BAND_BYTES = 1 << 27
"""Most bytes of packed planes that are kept in memory for one band of rows; two
bands are alive at a time. A longer one is put down on disk."""
TYPICAL_BAND_BYTES = 1 << 24
"""What short chunks are gathered to."""
PIECES_BYTES = 1 << 28
"""Most bytes of pieces that are read at a time, all threads together."""
ROWS_PER_BLOCK = 1 << 16
"""Most rows that are handed on at a time."""
# Rows that are turned around at a time: what is read and written fits into the cache.
_ROWS_PER_TILE = 1 << 11


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
    before: _Band | None = None
    with ExitStack() as stack:
        spill = None
        if planes.padded * size > BAND_BYTES:
            spill = stack.enter_context(_spilling(Path(scratch)))
        pool = stack.enter_context(ThreadPoolExecutor(threads))
        stack.callback(pool.shutdown, cancel_futures=True)
        for start in range(0, rows, size):
            band = _Band(source, planes, slice(start, min(start + size, rows)), pool, spill)
            if before is not None:
                yield from before.blocks()
            before = band
        if before is not None:
            yield from before.blocks()


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
    size = piece * max(1, TYPICAL_BAND_BYTES // (planes.padded * piece))
    return min(size, max(1, source.shape[2]))


@contextmanager
def _spilling(path: Path) -> Iterator[h5py.File]:
    try:
        with h5py.File(path, "w") as file:
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
        self._planes: Any = (
            np.zeros(shape, dtype=np.uint8)
            if spill is None
            else spill.create_dataset(f"rows {rows.start}", shape=shape, dtype=np.uint8)
        )
        self._packing: list[Future[None]] = [
            pool.submit(self._pack, bits, channel, row)
            for row in range(rows.start, rows.stop, source.grid[2])
            for channel in range(0, source.shape[1], source.grid[1])
            for bits in _runs(source.shape[0], source.grid[0])
        ]

    def blocks(self) -> Iterator[npt.NDArray[np.uint8]]:
        """The rows, shape=(n, channels, bytes) at a time."""
        done, _ = wait(self._packing, return_when=FIRST_EXCEPTION)
        for packing in done:
            packing.result()
        for start in range(0, self._count, ROWS_PER_BLOCK):
            planes = self._planes[:, start : start + ROWS_PER_BLOCK]
            turned = np.empty((planes.shape[1], self._layout.used), dtype=np.uint8)
            for tile in range(0, len(turned), _ROWS_PER_TILE):
                part = slice(tile, tile + _ROWS_PER_TILE)
                turned[part] = _turned(planes[:, part])[:, : self._layout.used]
            yield turned.reshape(-1, self._layout.channels, self._layout.bytes)

    def _pack(self, bits: range, channel: int, row: int) -> None:
        """Pack a run of pieces that begins and ends with a byte."""
        joined = _Joined(bits.start)
        for bit in bits:
            for first, packed in joined.add(self._source.read((bit, channel, row))):
                self._put(first, channel, row, packed)
        for first, packed in joined.rest():
            self._put(first, channel, row, packed)

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


def _turned(planes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Transpose of bytes, shape=(8 n, rows).

    Eight planes are joined to one of 64-bit numbers first, by arithmetic over
    whole planes: moving numbers costs no more than moving bytes.
    """
    joined: npt.NDArray[Any] = planes
    for bits, wider in ((8, "<u2"), (16, "<u4"), (32, "<u8")):
        joined = joined[0::2].astype(wider) | (joined[1::2].astype(wider) << bits)
    return np.ascontiguousarray(joined.T).view(np.uint8)
