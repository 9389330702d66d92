"""The format of a store, shared by its writer and reader."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
import pandas as pd
from isal.isal_zlib import crc32

from noncoding.common.errors import InputError
from noncoding.common.hdf5 import attributes, own_dataset

SCHEMA_VERSION = 3
ROWS_PER_CHUNK = 1024

FORWARD = "forward"
"""Each locus once, on the forward strand."""
BOTH = "forward-then-reverse-complement"
"""Row ``i + rows / 2`` is the reverse complement of row ``i``, with the same labels."""
STRANDS = (FORWARD, BOTH)

LOCUS_COLUMNS = ("chromosome", "start", "end")

ATTRIBUTES = (
    *("alphabet", "length", "bin", "rows", "targets", "strands", "source", "code_version"),
)
"""Attributes of a store besides its version and the checksum of its header."""
HEADER_CHECKSUM = "header_checksum"


@dataclass(frozen=True)
class StoreHeader:
    """Description of a split, without its rows."""

    length: int  # of a window, in bp
    bin: int  # the labelled centre of a window, in bp
    strands: str  # one of `STRANDS`
    targets: pd.DataFrame  # the target table
    source: dict[str, Any]  # origin of the rows; must be JSON


def row_datasets(rows: int, length: int, targets: int) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Name → type and shape of the data sets with a row axis; loci are optional."""
    return {
        "sequence": ("uint8", (rows, 4, -(-length // 8))),
        "label": ("uint8", (rows, -(-targets // 8))),
        **{f"locus/{name}": ("int64", (rows,)) for name in LOCUS_COLUMNS},
    }


def table_checksums(file: h5py.File, columns: Iterable[str]) -> npt.NDArray[np.uint32]:
    """CRC-32 of whole datasets; of strings, of their UTF-8 text, one per line."""
    checksums = []
    for name in columns:
        dataset = file[name]
        text = h5py.check_string_dtype(dataset.dtype) is not None
        content = "\n".join(dataset.asstr()[:]).encode() if text else dataset[:].tobytes()
        checksums.append(crc32(content))
    return np.array(checksums, dtype=np.uint32)


def header_checksum(file: h5py.File) -> int:
    """CRC-32 of attributes, of data sets without their values, and of checksums."""
    described: list[str] = []

    def describe(name: str, item: h5py.Group | h5py.Dataset) -> None:
        found = attributes(item)
        found.pop(HEADER_CHECKSUM, None)
        entry = [name, sorted(found.items())]
        if isinstance(item, h5py.Dataset):
            filters = [item.compression, item.shuffle, item.fletcher32, item.scaleoffset]
            entry += [str(item.dtype), item.shape, item.chunks, filters]
            if name.startswith("checksum/"):
                entry.append(own_dataset(file, name)[:].tolist())
        described.append(json.dumps(entry))

    describe("", file)
    file.visititems(describe)
    return crc32("\n".join(sorted(described)).encode())


def write_table(group: h5py.Group, table: pd.DataFrame) -> None:
    """Write a table, one dataset per column."""
    group.attrs["columns"] = json.dumps(list(table.columns))
    for column in table:
        below = any(str(other).startswith(f"{column}/") for other in table)
        if below or {"", "."} & {*str(column).split("/")}:
            raise InputError(
                "target table",
                f"a column called {str(column)!r}",
                "a name that HDF5 can hold: not empty or '.', also not beside a '/', and not the "
                "part before the '/' of another column",
                "Rename it.",
            )
        write_column(group, str(column), table[column])


def write_column(group: h5py.Group, name: str, values: pd.Series) -> None:
    """Write numbers as numbers, and all else as text."""
    if pd.api.types.is_numeric_dtype(values):
        group[name] = values.to_numpy()
    else:
        # Also numbers of more than 64 bits, and missing values among texts.
        text = ["" if value is None or value != value else str(value) for value in values]
        group.create_dataset(name, data=np.array(text, dtype=object), dtype=h5py.string_dtype())


def read_table(group: h5py.Group, rows: int) -> pd.DataFrame:
    """Read a table with a number of rows; a `ValueError` if `write_table` did not write it."""
    columns = {}
    for name in json.loads(attributes(group)["columns"]):
        dataset = own_dataset(group, name)
        if dataset.shape != (rows,):
            raise ValueError(f"target/{name} has the shape {dataset.shape} instead of ({rows},)")
        columns[name] = dataset.asstr()[:] if h5py.check_string_dtype(dataset.dtype) else dataset[:]
    return pd.DataFrame(columns)
