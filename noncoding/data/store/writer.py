"""Write stores."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
import pandas as pd
from isal.isal_zlib import crc32

from noncoding import __version__
from noncoding.common.errors import InputError
from noncoding.common.files import atomic_write
from noncoding.common.hdf5 import new_hdf5
from noncoding.data.one_hot import ALPHABET
from noncoding.data.store.format import (
    HEADER_CHECKSUM,
    LOCUS_COLUMNS,
    ROWS_PER_CHUNK,
    SCHEMA_VERSION,
    StoreHeader,
    header_checksum,
    table_checksums,
    write_column,
    write_table,
)
from noncoding.data.targets import check_name


class StoreWriter:
    """Appends rows to a new store; use `new_store` to create one.

    `strands` and `source` of the header may be changed until the end.
    """

    def __init__(self, file: h5py.File, header: StoreHeader) -> None:
        for row, name in enumerate(header.targets.get("name", []), start=1):
            check_name(str(name), f"target table, row {row}")
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
        """Append rows.

        Parameters
        ----------
        sequences : numpy.ndarray, shape=(n, 4, length), dtype=uint8
            One-hot, A, C, G, T.
        labels : numpy.ndarray, shape=(n, targets), dtype=uint8
            Zeros and ones.
        loci : pandas.DataFrame, optional
            Columns `LOCUS_COLUMNS`, ``n`` rows; in all calls or in none.
        """
        self.append_packed_sequences(np.packbits(sequences, axis=-1))
        self.append_packed_labels(np.packbits(labels, axis=-1))
        if loci is not None:
            self.append_loci(loci)

    def append_packed_sequences(self, packed: npt.NDArray[np.uint8]) -> None:
        """Append packed sequences, shape=(n, 4, ceil(length / 8)), without their labels."""
        self._append("sequence", packed)

    def append_packed_labels(self, packed: npt.NDArray[np.uint8]) -> None:
        """Append packed labels, shape=(n, ceil(targets / 8)), without their sequences."""
        self._append("label", packed)

    def append_loci(self, loci: pd.DataFrame) -> None:
        """Append the loci of rows, as in `append`."""
        for name in loci["chromosome"].unique():
            self._chromosomes.setdefault(name, len(self._chromosomes))
        chromosome = loci["chromosome"].map(self._chromosomes)
        for name, values in loci.assign(chromosome=chromosome)[list(LOCUS_COLUMNS)].items():
            self._append(f"locus/{name}", values.to_numpy(dtype=np.int64))

    def _append(self, name: str, values: npt.NDArray[Any]) -> None:
        if name not in self._columns:
            self._columns[name] = _Column(self._file, name, values.shape[1:], values.dtype)
        self._columns[name].append(values)

    def read_packed(self, rows: slice) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
        """Packed sequences and labels of rows that have been appended."""
        return self._file["sequence"][rows], self._file["label"][rows]

    def finish(self) -> None:
        """Write the table and the attributes; a `ValueError` if columns differ in length."""
        if not self._columns:
            self.append_packed_sequences(np.zeros((0, 4, -(-self._header.length // 8)), np.uint8))
            self.append_packed_labels(np.zeros((0, -(-len(self._header.targets) // 8)), np.uint8))
        counts = {name: column.rows for name, column in self._columns.items()}
        if len(set(counts.values())) > 1:
            raise ValueError(f"numbers of rows that differ: {counts}")
        for name, column in self._columns.items():
            self._file[f"checksum/{name}"] = column.checksums()
        if "locus/chromosome" in self._columns:
            write_column(self._file, "locus/names", pd.Series(list(self._chromosomes), dtype=str))
            self._file["checksum/locus/names"] = table_checksums(self._file, ["locus/names"])
        write_table(self._file.create_group("target"), self._header.targets)
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
        # Header changes are detected from here on.
        self._file.attrs[HEADER_CHECKSUM] = header_checksum(self._file)


class _Column:
    """A growing dataset, and the checksums of its blocks of rows."""

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
        self._complete: list[int] = []
        self._partial = 0
        self.rows = 0

    def append(self, values: npt.NDArray[Any]) -> None:
        start, self.rows = self.rows, self.rows + len(values)
        self._dataset.resize(self.rows, axis=0)
        self._dataset[start:] = values
        values = np.ascontiguousarray(values)
        at = 0
        while at < len(values):  # block by block; one may be appended in several parts
            left = ROWS_PER_CHUNK - (start + at) % ROWS_PER_CHUNK
            part = values[at : at + left]
            self._partial = crc32(part, self._partial)
            at += len(part)
            if (start + at) % ROWS_PER_CHUNK == 0:
                self._complete.append(self._partial)
                self._partial = 0

    def checksums(self) -> npt.NDArray[np.uint32]:
        partial = [self._partial] if self.rows % ROWS_PER_CHUNK else []
        return np.array(self._complete + partial, dtype=np.uint32)


@contextmanager
def new_store(path: str | os.PathLike[str], header: StoreHeader) -> Iterator[StoreWriter]:
    """Create a store, which appears under its name when the body has succeeded.

    Raises
    ------
    InputError
        It cannot be written: the disk is full, or the folder read-only.
    """
    try:
        with atomic_write(path) as [partial], new_hdf5(partial) as file:
            writer = StoreWriter(file, header)
            yield writer
            writer.finish()
    except OSError as error:
        # HDF5 also gives the time and the file, in several lines.
        why = os.strerror(error.errno) if error.errno else str(error)
        raise InputError(
            path,
            f"that it cannot be written ({why})",
            "a folder that can be written to and has room",
            "Free space or choose another folder, and run again.",
        ) from error
