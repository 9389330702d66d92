"""The store: one HDF5 file a split that any HDF5 reader can open.

Layout
------
``sequence``
    uint8, (rows, 4, ceil(length / 8)): one-hot in the order A, C, G, T, eight
    positions to a byte, first position in the highest bit. A column of four
    zeros is N. In NumPy: ``numpy.unpackbits(sequence, axis=-1, count=length)``.
``label``
    uint8, (rows, ceil(targets / 8)), packed in the same way.
``target/<column>``
    The target table, one dataset a column.
``locus/chromosome, start, end``
    Where the source has coordinates: index into ``locus/names``, and the
    half-open, 0-based window of each row.
``checksum/<dataset>``
    uint32: CRC-32 (as in zlib) of each block of 1024 rows of the datasets
    above, and, as ``checksum/target``, of each column of the table.

Attributes: ``schema_version``, ``alphabet``, ``length`` (bp), ``rows``,
``targets``, ``strands`` (see `STRANDS`), ``bin`` (bp, the central part of a
window that the labels speak of), ``source`` (JSON: what the rows were made
from, with digests) and ``code_version``. Arrays with a row axis are chunked by
rows and carry Fletcher-32 checksums, which HDF5 verifies at every read. These
do not tell a byte 0 from a byte 255, nor a block from another one; the CRC-32
do, and `noncoding.verify` compares them.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import h5py
import numpy as np
import numpy.typing as npt
import pandas as pd
from isal.isal_zlib import crc32

from noncoding import __version__
from noncoding.alphabet import ALPHABET, pack
from noncoding.errors import InputError
from noncoding.files import written_whole

SCHEMA_VERSION = 2
ROWS_PER_CHUNK = 1024

FORWARD = "forward"
"""Every locus stands once, as read from the forward strand."""
BOTH = "forward-then-reverse-complement"
"""Row ``i + rows / 2`` is the reverse complement of row ``i``, same labels."""
STRANDS = (FORWARD, BOTH)

LOCUS_COLUMNS = ("chromosome", "start", "end")


@dataclass(frozen=True)
class StoreHeader:
    """What a split is, without its rows.

    Attributes
    ----------
    length : int
        Length of a window in bp.
    bin : int
        Central part of a window, in bp, that the labels speak of.
    strands : str
        One of `STRANDS`.
    targets : pandas.DataFrame
        The target table.
    source : dict
        What the rows were made from; must be JSON.
    """

    length: int
    bin: int
    strands: str
    targets: pd.DataFrame
    source: dict[str, Any]


class StoreWriter:
    """Appends rows to a new store; use `new_store` to make one.

    Attributes
    ----------
    strands : str
        One of `STRANDS`; may be set until the end, when the rows have told.
    source : dict
        As in the header; may be added to until the end.
    """

    def __init__(self, file: h5py.File, header: StoreHeader) -> None:
        self._file = file
        self._header = header
        self._chromosomes: dict[str, int] = {}
        self._columns: dict[str, _Column] = {}
        self.strands = header.strands
        self.source = dict(header.source)

    @property
    def rows(self) -> int:
        """Sequences written so far."""
        column = self._columns.get("sequence")
        return column.rows if column else 0

    def append(
        self,
        sequences: npt.NDArray[np.uint8],
        labels: npt.NDArray[np.uint8],
        loci: pd.DataFrame | None = None,
    ) -> None:
        """Add rows at the end.

        Parameters
        ----------
        sequences : numpy.ndarray, shape=(n, 4, length), dtype=uint8
            One-hot, A, C, G, T.
        labels : numpy.ndarray, shape=(n, targets), dtype=uint8
            Zeros and ones.
        loci : pandas.DataFrame, optional
            Columns `LOCUS_COLUMNS`, ``n`` rows; in all calls or in none.
        """
        self.append_packed_sequences(pack(sequences))
        self.append_packed_labels(pack(labels))
        if loci is not None:
            for name in loci["chromosome"]:
                self._chromosomes.setdefault(name, len(self._chromosomes))
            chromosome = loci["chromosome"].map(self._chromosomes)
            for name, values in (
                ("chromosome", chromosome),
                ("start", loci["start"]),
                ("end", loci["end"]),
            ):
                self._append(f"locus/{name}", values.to_numpy(dtype=np.int64))

    def append_packed_sequences(self, packed: npt.NDArray[np.uint8]) -> None:
        """Add sequences, shape=(n, 4, ceil(length / 8)), whose labels come later."""
        self._append("sequence", packed)

    def append_packed_labels(self, packed: npt.NDArray[np.uint8]) -> None:
        """Add labels, shape=(n, ceil(targets / 8)), whose sequences come later."""
        self._append("label", packed)

    def _append(self, name: str, values: npt.NDArray[Any]) -> None:
        if name not in self._columns:
            self._columns[name] = _Column(self._file, name, values.shape[1:], values.dtype)
        self._columns[name].append(values)

    def read_packed(self, rows: slice) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
        """Rows written before: packed sequences and packed labels."""
        return self._file["sequence"][rows], self._file["label"][rows]

    def finish(self) -> None:
        """Write the table and the attributes; the store is complete then.

        Raises
        ------
        ValueError
            Something was appended for some rows only.
        """
        if not self._columns:
            self.append_packed_sequences(np.zeros((0, 4, -(-self._header.length // 8)), np.uint8))
            self.append_packed_labels(np.zeros((0, -(-len(self._header.targets) // 8)), np.uint8))
        counts = {name: column.rows for name, column in self._columns.items()}
        if len(set(counts.values())) > 1:
            raise ValueError(f"numbers of rows that differ: {counts}")
        for name, column in self._columns.items():
            self._file[f"checksum/{name}"] = column.checksums()
        if self._chromosomes:
            self._file["locus/names"] = np.array(list(self._chromosomes), dtype=object)
            self._file["checksum/locus/names"] = table_checksums(self._file, ["locus/names"])
        _write_table(self._file.create_group("target"), self._header.targets)
        columns = [f"target/{name}" for name in self._header.targets]
        self._file["checksum/target"] = table_checksums(self._file, columns)
        self._file.attrs.update(
            schema_version=SCHEMA_VERSION,
            alphabet=ALPHABET,
            length=self._header.length,
            bin=self._header.bin,
            rows=self.rows,
            targets=len(self._header.targets),
            strands=self.strands,
            source=json.dumps(self.source),
            code_version=__version__,
        )


class _Column:
    """A dataset with a row axis that grows, and the checksums of its blocks."""

    def __init__(
        self, file: h5py.File, name: str, width: tuple[int, ...], dtype: npt.DTypeLike
    ) -> None:
        self._dataset = file.create_dataset(
            name,
            shape=(0, *width),
            maxshape=(None, *width),
            chunks=(ROWS_PER_CHUNK, *width),
            dtype=dtype,
            fletcher32=True,
        )
        self._whole: list[int] = []
        self._begun = 0
        self.rows = 0

    def append(self, values: npt.NDArray[Any]) -> None:
        start, self.rows = self.rows, self.rows + len(values)
        self._dataset.resize(self.rows, axis=0)
        self._dataset[start:] = values
        values = np.ascontiguousarray(values)
        at = 0
        while at < len(values):  # block by block; one may come in several parts
            left = ROWS_PER_CHUNK - (start + at) % ROWS_PER_CHUNK
            part = values[at : at + left]
            self._begun = crc32(part, self._begun)
            at += len(part)
            if (start + at) % ROWS_PER_CHUNK == 0:
                self._whole.append(self._begun)
                self._begun = 0

    def checksums(self) -> npt.NDArray[np.uint32]:
        begun = [self._begun] if self.rows % ROWS_PER_CHUNK else []
        return np.array(self._whole + begun, dtype=np.uint32)


@contextmanager
def new_store(path: str | os.PathLike[str], header: StoreHeader) -> Iterator[StoreWriter]:
    """Make a store that appears under its name when the body has ended well.

    Raises
    ------
    InputError
        It cannot be written: the disk is full, or the folder read-only.
    """
    try:
        with written_whole(path) as [partial], h5py.File(partial, "w") as file:
            writer = StoreWriter(file, header)
            yield writer
            writer.finish()
    except OSError as error:
        # HDF5 tells the time and the file in several lines; what is wrong is enough.
        why = os.strerror(error.errno) if error.errno else str(error)
        raise InputError(
            path,
            f"that it cannot be written ({why})",
            "a folder that can be written to and has room",
            "Free space or choose another folder, and run again.",
        ) from error


class Store:
    """A split, opened for reading.

    Parameters
    ----------
    path : path
        Made by `new_store`.

    Raises
    ------
    InputError
        The file is not HDF5, not a store, or of another schema version.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        try:
            self._file = h5py.File(path, "r")
        except BlockingIOError as error:
            raise InputError(
                path,
                "a file that another process is writing",
                "a store that is finished",
                "Wait until that process has ended, then run the same command again.",
            ) from error
        except OSError as error:
            raise InputError(
                path, f"a file that HDF5 cannot open ({error})", "a store", _REMAKE
            ) from error
        version = self._file.attrs.get("schema_version")
        if version != SCHEMA_VERSION:
            self._file.close()
            raise InputError(
                f"{path}, attribute schema_version", str(version), str(SCHEMA_VERSION), _REMAKE
            )
        attributes = self._file.attrs
        self.rows = int(attributes["rows"])
        self.length = int(attributes["length"])
        self.bin = int(attributes["bin"])
        self.strands = str(attributes["strands"])
        self.source: dict[str, Any] = json.loads(attributes["source"])
        self.code_version = str(attributes["code_version"])
        self.targets = _read_table(self._file["target"])
        self._checksums: dict[str, npt.NDArray[np.uint32]] = {}
        self.packed_shapes = self._file["sequence"].shape[1:], self._file["label"].shape[1:]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def loci_count(self) -> int:
        """Number of loci: half the rows where both strands are stored."""
        return self.rows // 2 if self.strands == BOTH else self.rows

    @property
    def digest(self) -> str:
        """SHA-256 over the checksums of all blocks: equal for equal rows and labels."""
        digest = hashlib.sha256()
        for name in ("sequence", "label"):
            digest.update(self._file[f"checksum/{name}"][:].tobytes())
        return digest.hexdigest()

    def packed_sequences(self, rows: slice | npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        """Packed one-hot, shape=(n, 4, ceil(length / 8)); rows in rising order."""
        return self._read("sequence", rows)

    def packed_labels(self, rows: slice | npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        """Packed labels, shape=(n, ceil(targets / 8)); rows in rising order."""
        return self._read("label", rows)

    def packed_block(self, block: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
        """One block of `ROWS_PER_CHUNK` rows, packed: sequences and labels.

        Read as it lies in the file and checked by its CRC-32, which takes a
        fraction of the time of HDF5's way with Fletcher-32, and sees more.

        Parameters
        ----------
        block : int
            Rows ``block * ROWS_PER_CHUNK`` and following; the last one may be shorter.

        Raises
        ------
        InputError
            The block is damaged.
        """
        return self._block("sequence", block), self._block("label", block)

    def _block(self, name: str, block: int) -> npt.NDArray[np.uint8]:
        dataset = self._file[name]
        if name not in self._checksums:
            self._checksums[name] = self._file[f"checksum/{name}"][:]
        first = block * ROWS_PER_CHUNK
        count = min(ROWS_PER_CHUNK, self.rows - first)
        try:
            _, raw = dataset.id.read_direct_chunk((first, *(0 for _ in dataset.shape[1:])))
            width = int(np.prod(dataset.shape[1:]))
            # Behind the rows: those that fill the last block up, and HDF5's own checksum.
            rows = np.frombuffer(raw, dtype=np.uint8, count=count * width)
            why = "CRC-32" if crc32(rows) != self._checksums[name][block] else ""
        except (OSError, RuntimeError, ValueError) as error:
            why = str(error)
        if why:
            raise self._damaged(name, first, first + count, why)
        return rows.reshape(count, *dataset.shape[1:])

    def _read(self, name: str, rows: slice | npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        try:
            return self._file[name][rows]
        except OSError as error:
            first, last = (
                rows.indices(self.rows)[:2] if isinstance(rows, slice) else (rows[0], rows[-1] + 1)
            )
            raise self._damaged(name, first, last, str(error)) from error

    def _damaged(self, name: str, first: int, stop: int, why: str) -> InputError:
        return InputError(
            f"{self.path}, {name} of rows {first} to {stop - 1}",
            f"damaged data ({why})",
            "what was written",
            f"`python -m noncoding.verify {self.path}` tells which rows are damaged. {_REMAKE}",
        )

    def sequences(self, rows: slice | npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        """One-hot, shape=(n, 4, length), dtype=uint8; rows in rising order."""
        return np.unpackbits(self.packed_sequences(rows), axis=-1, count=self.length)

    def labels(self, rows: slice | npt.NDArray[np.int64] = slice(None)) -> npt.NDArray[np.uint8]:
        """Labels, shape=(n, targets), dtype=uint8; rows in rising order."""
        return np.unpackbits(self.packed_labels(rows), axis=-1, count=len(self.targets))

    def loci(self) -> pd.DataFrame | None:
        """Window of each row (`LOCUS_COLUMNS`, 0-based, half-open), or None."""
        if "locus" not in self._file:
            return None
        group = self._file["locus"]
        names = group["names"].asstr()[:]
        return pd.DataFrame(
            {
                "chromosome": names[group["chromosome"][:]],
                "start": group["start"][:],
                "end": group["end"][:],
            }
        )


_REMAKE = "Delete the file and run the pipeline again to make it anew."


def table_checksums(file: h5py.File, columns: Iterable[str]) -> npt.NDArray[np.uint32]:
    """CRC-32 of whole datasets; of strings, the UTF-8 text of one a line."""
    checksums = []
    for name in columns:
        dataset = file[name]
        text = h5py.check_string_dtype(dataset.dtype) is not None
        content = "\n".join(dataset.asstr()[:]).encode() if text else dataset[:].tobytes()
        checksums.append(crc32(content))
    return np.array(checksums, dtype=np.uint32)


def _write_table(group: h5py.Group, table: pd.DataFrame) -> None:
    group.attrs["columns"] = json.dumps(list(table.columns))
    for column in table:
        values = table[column]
        numeric = pd.api.types.is_numeric_dtype(values)
        group[str(column)] = values.to_numpy() if numeric else values.to_numpy(dtype=object)


def _read_table(group: h5py.Group) -> pd.DataFrame:
    columns = {}
    for name in json.loads(group.attrs["columns"]):
        dataset = group[name]
        columns[name] = dataset.asstr()[:] if h5py.check_string_dtype(dataset.dtype) else dataset[:]
    return pd.DataFrame(columns)
