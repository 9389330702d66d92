"""A variable of a .mat file, read in the pieces in which it is stored.

h5py decompresses one chunk at a time, whatever the number of threads, with zlib. Chunks that
are at most shuffled and deflated are therefore read raw and inflated here, by ISA-L, in the
calling thread, outside HDF5's lock, and never beyond the size of a chunk. Any other filter or
layout is left to h5py.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
import scipy.sparse
from isal import isal_zlib

from noncoding.common.errors import InputError
from noncoding.common.hdf5 import damage_reported

ROWS_PER_PIECE = 1 << 17
"""Rows of an array that is not chunked: 8 positions × 4 channels are 4 MiB."""
_MOST_PLACES = 1 << 20
"""Most chunks whose offsets are kept in memory: some 200 MB."""
_DEFLATE, _SHUFFLE = h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE


class Source:
    """Zeros and ones, rows last, read piece by piece.

    Parameters
    ----------
    array : h5py.Dataset or numpy.ndarray, shape=(bits, channels, rows) or (bits, rows); or \
            scipy.sparse.csr_array, shape=(bits, rows)
    where : str
        Named in errors.

    Attributes
    ----------
    shape : tuple of int
        (bits, channels, rows); one channel where the array has no such axis.
    grid : tuple of int
        Shape of a piece, which has `piece_bytes`; that of a chunk, where the array is chunked.
    """

    def __init__(self, array: Any, where: str) -> None:
        self.where = where
        self._array = array
        self.shape = _with_channels(array.shape)
        # Kept, because h5py asks the file each time, and pieces may be many.
        self._has_channels = len(array.shape) == 3
        chunks = getattr(array, "chunks", None)
        rows = max(1, min(self.shape[2], ROWS_PER_PIECE))
        self.grid = _with_channels(chunks) if chunks else (8, self.shape[1], rows)
        self.piece_bytes = int(np.prod(self.grid)) * array.dtype.itemsize
        self._filters = _supported_filters(array) if chunks else None
        self._raw = None if self._filters is None else _RawChunks(array)

    def read(self, start: tuple[int, int, int]) -> npt.NDArray[np.uint8]:
        """The piece at a position of the grid, shape at most `grid`, dtype=uint8.

        Raises
        ------
        InputError
            The piece cannot be read, or holds a value that is neither 0 nor 1.
        """
        sizes = [
            min(size, whole - at)
            for at, size, whole in zip(start, self.grid, self.shape, strict=True)
        ]
        with damage_reported(
            f"{self.where}, rows {start[2]} to {start[2] + sizes[2] - 1}",
            "a whole file, in filters that this HDF5 library has",
            "If the file is damaged, delete the archive and run the stage 'fetch' again; "
            "if it was made with a filter of a plug-in, write it with gzip instead.",
        ):
            piece = self._piece(start, sizes)
        return self._checked(piece, start)

    def _piece(self, start: Sequence[int], sizes: Sequence[int]) -> npt.NDArray[Any]:
        if self._filters is not None and self._raw is not None:
            # Chunks of an array without channels have two coordinates.
            at = tuple(start) if self._has_channels else (start[0], start[2])
            skipped, raw = self._raw.read(at)
            # The writer may omit a filter for a chunk.
            filters = [f for i, f in enumerate(self._filters) if not skipped >> i & 1]
            if _DEFLATE in filters:
                # No more than a chunk: a few bytes may inflate to gigabytes.
                raw = isal_zlib.decompressobj().decompress(raw, self.piece_bytes + 1)
            if len(raw) != self.piece_bytes:
                raise ValueError(f"a chunk that does not hold {self.piece_bytes} bytes")
            size = self._array.dtype.itemsize
            if _SHUFFLE in filters and size > 1:
                raw = np.frombuffer(raw, np.uint8).reshape(size, -1).T.tobytes()
            piece = np.frombuffer(raw, self._array.dtype).reshape(self.grid)
            return piece[tuple(slice(size) for size in sizes)]
        within = [slice(at, at + size) for at, size in zip(start, sizes, strict=True)]
        if self._has_channels:
            return self._array[tuple(within)]
        piece = self._array[within[0], within[2]]
        return (piece.toarray() if scipy.sparse.issparse(piece) else piece)[:, None]

    def _checked(self, piece: npt.NDArray[Any], start: Sequence[int]) -> npt.NDArray[np.uint8]:
        if piece.dtype == bool:
            piece = piece.view(np.uint8)  # A damaged one is not 0 or 1.
        # Bytes are by far the most common case, and their maximum is found at memory speed.
        if piece.dtype == np.uint8 and piece.max(initial=0) <= 1:
            return piece
        wrong = (piece != 0) & (piece != 1)
        if wrong.any():
            place = np.argwhere(wrong)[0]
            bit, channel, row = (place + start).tolist()
            what = f"position {bit}, channel {channel}" if self._has_channels else f"target {bit}"
            raise InputError(
                f"{self.where}, row {row}, {what}",
                f"the value {piece[tuple(place)]}",
                "0 or 1",
                "The file is damaged or not of this kind: delete the archive and fetch it again.",
            )
        return piece.astype(np.uint8)


class _RawChunks:
    """Chunks as stored in the file, read outside HDF5's lock.

    HDF5 does one thing at a time: a thread that reads would wait for the one that writes the
    store. The offsets of the chunks are read once.
    """

    def __init__(self, dataset: h5py.Dataset) -> None:
        self._dataset = dataset
        self._places: dict[tuple[int, ...], Any] = {}
        self._file = Path(dataset.file.filename).open("rb", buffering=0)  # noqa: SIM115
        if dataset.id.get_num_chunks() <= _MOST_PLACES:
            dataset.id.chunk_iter(self._note)
            first = next(iter(self._places), None)
            # Versions of HDF5 differ on whether MATLAB's own header counts as an offset.
            if first and self.read(first) != dataset.id.read_direct_chunk(first):
                self._places = {}

    def _note(self, place: Any) -> None:
        self._places[place.chunk_offset] = place

    def read(self, start: tuple[int, ...]) -> tuple[int, bytes]:
        """Mask of the filters that were omitted, and the bytes."""
        place = self._places.get(start)
        if place is None:
            return self._dataset.id.read_direct_chunk(start)
        return place.filter_mask, os.pread(self._file.fileno(), place.size, place.byte_offset)


def _with_channels(shape: tuple[int, ...]) -> tuple[int, int, int]:
    return (shape[0], 1, shape[1]) if len(shape) == 2 else (shape[0], shape[1], shape[2])


def _supported_filters(dataset: h5py.Dataset) -> list[int] | None:
    """The filters of a dataset, in the order of writing; None if they are left to h5py."""
    plist = dataset.id.get_create_plist()
    filters = [plist.get_filter(i)[0] for i in range(plist.get_nfilters())]
    complete = dataset.id.get_num_chunks() == np.prod(
        [-(-size // chunk) for size, chunk in zip(dataset.shape, dataset.chunks, strict=True)]
    )
    # A chunk that was never written has no bytes: HDF5 knows its value.
    if not complete or dataset.dtype.kind not in "buif":
        return None
    return filters if filters in ([], [_DEFLATE], [_SHUFFLE], [_SHUFFLE, _DEFLATE]) else None
