"""Check stores: ``python -m noncoding.data.store.verify STORE …`` says which rows are damaged."""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py
from isal.isal_zlib import crc32

from noncoding.common.errors import InputError
from noncoding.common.hdf5 import first_line, open_hdf5
from noncoding.data.store import ROWS_PER_CHUNK, Store
from noncoding.data.store.format import row_datasets, table_checksums


@dataclass(frozen=True)
class Damage:
    """What is not as it was written.

    Attributes
    ----------
    where : str
        Dataset of the store.
    rows : range
        Rows that cannot be trusted; of a table, its lines.
    found : str
    """

    where: str
    rows: range
    found: str

    def __str__(self) -> str:
        return f"{self.where}, rows {self.rows.start} to {self.rows.stop - 1}: {self.found}"


def damages(path: str | Path) -> Iterator[Damage]:
    """Everything in a store that does not agree with its checksums.

    Parameters
    ----------
    path : path
        Made by `noncoding.data.store.new_store`.

    Yields
    ------
    Damage
        Neighbouring blocks with the same finding are told as one.

    Raises
    ------
    InputError
        The file cannot be opened as a store at all, or its header is damaged.
    """
    with Store(path) as store, open_hdf5(path, "a store", "Run again.") as file:
        for name in row_datasets(0, 0, 0):
            if name in file:
                yield from _joined(_damaged_blocks(file, name, store.rows))
        tables = [("target", [f"target/{name}" for name in store.targets])]
        if "locus" in file:
            tables.append(("locus/names", ["locus/names"]))
        for name, columns in tables:
            yield from _damaged_columns(file, f"checksum/{name}", columns)


_OTHER = "other content than was written (CRC-32)"


def _damaged_blocks(file: h5py.File, name: str, rows: int) -> Iterator[Damage]:
    for block, checksum in enumerate(file[f"checksum/{name}"][:]):
        start = block * ROWS_PER_CHUNK
        span = range(start, min(start + ROWS_PER_CHUNK, rows))
        try:
            found = "" if crc32(file[name][span.start : span.stop]) == checksum else _OTHER
        except Exception as error:  # h5py raises many kinds
            found = f"cannot be read ({first_line(error)})"
        if found:
            yield Damage(name, span, found)


def _damaged_columns(file: h5py.File, checksums: str, columns: list[str]) -> Iterator[Damage]:
    for column, checksum in zip(columns, file[checksums][:], strict=True):
        try:
            found = "" if table_checksums(file, [column])[0] == checksum else _OTHER
        except Exception as error:  # h5py raises many kinds
            found = f"cannot be read ({first_line(error)})"
        if found:
            yield Damage(column, range(len(file[column])), found)


def _joined(damages: Iterator[Damage]) -> Iterator[Damage]:
    last: Damage | None = None
    for damage in damages:
        if last and (last.found, last.rows.stop) == (damage.found, damage.rows.start):
            last = Damage(last.where, range(last.rows.start, damage.rows.stop), last.found)
        else:
            if last:
                yield last
            last = damage
    if last:
        yield last


def main() -> int:
    """Check each store; 0 if all are whole, 1 if one is damaged, 2 if one cannot be opened."""
    parser = argparse.ArgumentParser(
        prog="python -m noncoding.data.store.verify", description=main.__doc__
    )
    parser.add_argument("stores", metavar="STORE", nargs="+", type=Path)
    status = 0
    for path in parser.parse_args().stores:
        try:
            found = list(damages(path))
        except InputError as error:
            print(error, file=sys.stderr)
            status = 2
            continue
        for damage in found:
            print(f"{path}: DAMAGED: {damage}")
        if found:
            status = max(status, 1)
        else:
            with Store(path) as store:
                print(f"{path}: whole, {store.rows:,} rows")
    return status


if __name__ == "__main__":
    sys.exit(main())
