"""Read stores."""

import hashlib
import json
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import h5py
import numpy as np
import numpy.typing as npt
import pandas as pd
from isal.isal_zlib import crc32

from noncoding.common.errors import InputError
from noncoding.common.hdf5 import attributes, damage_reported, open_hdf5, own_dataset, own_item
from noncoding.data.store.format import (
    ATTRIBUTES,
    BOTH,
    HEADER_CHECKSUM,
    LOCUS_COLUMNS,
    ROWS_PER_CHUNK,
    SCHEMA_VERSION,
    header_checksum,
    read_table,
    row_datasets,
)


class Store:
    """A split, opened for reading.

    Raises
    ------
    InputError
        The file is not HDF5, not a store, of another schema version, or its header was changed.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        with ExitStack() as stack:
            self._file = stack.enter_context(open_hdf5(path, "a store", _REMAKE))
            with damage_reported(path, "a store, as it was written", _REMAKE):
                self._read_header()
            stack.pop_all()  # It stays open.

    def _read_header(self) -> None:
        found = attributes(self._file)
        if (version := found.get("schema_version")) != SCHEMA_VERSION:
            raise InputError(
                f"{self.path}, attribute schema_version",
                str(version),
                str(SCHEMA_VERSION),
                _REMAKE,
            )
        if missing := [name for name in ATTRIBUTES if name not in found]:
            raise ValueError(f"there is no attribute {' and no '.join(missing)}")
        self.rows = int(found["rows"])
        self.length = int(found["length"])
        self.bin = int(found["bin"])
        self.strands = str(found["strands"])
        self.source: dict[str, Any] = json.loads(found["source"])
        self.code_version = str(found["code_version"])
        targets = int(found["targets"])
        self._has_loci = "locus" in [*self._file]
        self._datasets: dict[str, h5py.Dataset] = {}
        self._checksums: dict[str, npt.NDArray[np.uint32]] = {}
        blocks = -(-self.rows // ROWS_PER_CHUNK)
        for name, (dtype, shape) in row_datasets(self.rows, self.length, targets).items():
            if self._has_loci or not name.startswith("locus/"):
                self._datasets[name] = self._checked(name, dtype, shape)
                checksums = self._checked(f"checksum/{name}", "uint32", (blocks,))
                self._checksums[name] = checksums[:]
        sequences, labels = (self._datasets[name].shape[1:] for name in ("sequence", "label"))
        self.packed_shapes = sequences, labels
        if found.get(HEADER_CHECKSUM) != header_checksum(self._file):
            raise ValueError(
                "attributes, names, types, shapes or checksums are not those that were written"
            )
        self.targets = read_table(own_item(self._file, "target"), targets)
        self._checked("checksum/target", "uint32", (self.targets.shape[1],))
        if self._has_loci:
            self._chromosomes = own_dataset(self._file, "locus/names")
            self._checked("checksum/locus/names", "uint32", (1,))

    def _checked(self, name: str, dtype: str, shape: tuple[int, ...]) -> h5py.Dataset:
        dataset = own_dataset(self._file, name)
        if dataset.shape != shape:
            raise ValueError(f"{name} has the shape {dataset.shape} instead of {shape}")
        if dataset.dtype != dtype:
            raise ValueError(f"{name} has the type {dataset.dtype} instead of {dtype}")
        return dataset

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def loci_count(self) -> int:
        """Number of loci: half of the rows where both strands are stored."""
        return self.rows // 2 if self.strands == BOTH else self.rows

    @property
    def digest(self) -> str:
        """SHA-256 of the checksums of all blocks: equal for equal rows and labels."""
        checksums = (self._checksums[name].tobytes() for name in ("sequence", "label"))
        return hashlib.sha256(b"".join(checksums)).hexdigest()

    def packed_sequences(self, rows: slice | npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        """Packed one-hot, shape=(n, 4, ceil(length / 8)); rows in ascending order."""
        return self._read("sequence", rows)

    def packed_labels(self, rows: slice | npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        """Packed labels, shape=(n, ceil(targets / 8)); rows in ascending order."""
        return self._read("label", rows)

    def packed_block(self, block: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
        """Packed sequences and labels of one block of `ROWS_PER_CHUNK` rows; the last is shorter.

        The raw block is checked by its CRC-32, which takes a fraction of the time of HDF5 with
        Fletcher-32 and detects more.

        Raises
        ------
        InputError
            The block is damaged.
        """
        return self._block("sequence", block), self._block("label", block)

    def _block(self, name: str, block: int) -> npt.NDArray[np.uint8]:
        dataset = self._datasets[name]
        first = block * ROWS_PER_CHUNK
        count = min(ROWS_PER_CHUNK, self.rows - first)
        try:
            _, raw = dataset.id.read_direct_chunk((first, *(0 for _ in dataset.shape[1:])))
            width = int(np.prod(dataset.shape[1:]))
            # After the rows: padding of the last block, and HDF5's own checksum.
            rows = np.frombuffer(raw, dtype=np.uint8, count=count * width)
            why = "CRC-32" if crc32(rows) != self._checksums[name][block] else ""
        except (OSError, RuntimeError, ValueError) as error:
            why = str(error)
        if why:
            raise self._damaged(name, first, first + count, why)
        return rows.reshape(count, *dataset.shape[1:])

    def _read(self, name: str, rows: slice | npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        try:
            return self._datasets[name][rows]
        except (OSError, RuntimeError) as error:
            first, last = (
                rows.indices(self.rows)[:2] if isinstance(rows, slice) else (rows[0], rows[-1] + 1)
            )
            raise self._damaged(name, first, last, str(error)) from error

    def _damaged(self, name: str, first: int, stop: int, why: str) -> InputError:
        return InputError(
            f"{self.path}, {name} of rows {first} to {stop - 1}",
            f"damaged data ({why})",
            "what was written",
            _verify_and_remake(self.path),
        )

    def sequences(self, rows: slice | npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        """One-hot, shape=(n, 4, length), dtype=uint8; rows in ascending order."""
        return np.unpackbits(self.packed_sequences(rows), axis=-1, count=self.length)

    def labels(self, rows: slice | npt.NDArray[np.int64] = slice(None)) -> npt.NDArray[np.uint8]:
        """Labels, shape=(n, targets), dtype=uint8; rows in ascending order."""
        return np.unpackbits(self.packed_labels(rows), axis=-1, count=len(self.targets))

    def loci(self) -> pd.DataFrame | None:
        """Window of each locus (`LOCUS_COLUMNS`, 0-based, half-open), or None."""
        if not self._has_loci:
            return None
        expected = "the loci that were written"
        with damage_reported(f"{self.path}, locus", expected, _verify_and_remake(self.path)):
            names = self._chromosomes.asstr()[:]
            columns = (self._datasets[f"locus/{name}"] for name in LOCUS_COLUMNS)
            chromosome, start, end = (column[: self.loci_count] for column in columns)
            if chromosome.size and chromosome.min() < 0:
                raise ValueError("a chromosome has a negative number")
            return pd.DataFrame({"chromosome": names[chromosome], "start": start, "end": end})


_REMAKE = (
    "If this is a store of this pipeline, delete it and run the pipeline again, which creates it."
)


def _verify_and_remake(path: Path) -> str:
    return f"`python -m noncoding.data.store.verify {path}` lists the damaged rows. {_REMAKE}"
