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

Attributes: ``schema_version``, ``alphabet``, ``length`` (bp), ``rows``,
``targets``, ``strands`` (see `STRANDS`), ``bin`` (bp, the central part of a
window that the labels speak of), ``source`` (JSON: what the rows were made
from, with digests) and ``code_version``. Both arrays are chunked by rows and
carry Fletcher-32 checksums, which HDF5 verifies at every read.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import h5py
import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding import __version__
from noncoding.alphabet import ALPHABET, pack
from noncoding.errors import InputError
from noncoding.files import written_whole

SCHEMA_VERSION = 1
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
    rows : int
        Written so far.
    strands : str
        One of `STRANDS`; may be set until the end, when the rows have told.
    """

    def __init__(self, file: h5py.File, header: StoreHeader) -> None:
        self._file = file
        self._header = header
        self._chromosomes: dict[str, int] = {}
        self.rows = 0
        self.strands = header.strands
        widths = {"sequence": (4, -(-header.length // 8)), "label": (-(-len(header.targets) // 8),)}
        for name, width in widths.items():
            file.create_dataset(
                name,
                shape=(0, *width),
                maxshape=(None, *width),
                chunks=(ROWS_PER_CHUNK, *width),
                dtype=np.uint8,
                fletcher32=True,
            )

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
        start, self.rows = self.rows, self.rows + len(sequences)
        self._extend("sequence", start, pack(sequences))
        self._extend("label", start, pack(labels))
        if loci is not None:
            for name in loci["chromosome"]:
                self._chromosomes.setdefault(name, len(self._chromosomes))
            self._extend("locus/chromosome", start, loci["chromosome"].map(self._chromosomes))
            self._extend("locus/start", start, loci["start"])
            self._extend("locus/end", start, loci["end"])

    def _extend(self, name: str, start: int, values: Any) -> None:
        if name not in self._file:
            self._file.create_dataset(
                name, shape=(0,), maxshape=(None,), chunks=(ROWS_PER_CHUNK,), dtype=np.int64
            )
        dataset = self._file[name]
        dataset.resize(self.rows, axis=0)
        dataset[start:] = np.asarray(values)

    def read(self, rows: slice) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
        """Rows written before: one-hot, (n, 4, length), and labels, (n, targets)."""
        sequences = np.unpackbits(self._file["sequence"][rows], axis=-1, count=self._header.length)
        labels = np.unpackbits(self._file["label"][rows], axis=-1, count=len(self._header.targets))
        return sequences, labels

    def finish(self) -> None:
        """Write the table and the attributes; the store is complete then."""
        if self._chromosomes:
            self._file["locus/names"] = np.array(list(self._chromosomes), dtype=object)
        _write_table(self._file.create_group("target"), self._header.targets)
        self._file.attrs.update(
            schema_version=SCHEMA_VERSION,
            alphabet=ALPHABET,
            length=self._header.length,
            bin=self._header.bin,
            rows=self.rows,
            targets=len(self._header.targets),
            strands=self.strands,
            source=json.dumps(self._header.source),
            code_version=__version__,
        )


@contextmanager
def new_store(path: str | os.PathLike[str], header: StoreHeader) -> Iterator[StoreWriter]:
    """Make a store that appears under its name when the body has ended well."""
    with written_whole(path) as [partial], h5py.File(partial, "w") as file:
        writer = StoreWriter(file, header)
        yield writer
        writer.finish()


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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def loci_count(self) -> int:
        """Number of loci: half the rows where both strands are stored."""
        return self.rows // 2 if self.strands == BOTH else self.rows

    def packed_sequences(self, rows: slice | npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        """Packed one-hot, shape=(n, 4, ceil(length / 8)); rows in rising order."""
        return self._file["sequence"][rows]

    def packed_labels(self, rows: slice | npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        """Packed labels, shape=(n, ceil(targets / 8)); rows in rising order."""
        return self._file["label"][rows]

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
