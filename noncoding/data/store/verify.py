"""Check stores: ``python -m noncoding.data.store.verify STORE …`` lists damaged rows."""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import h5py
from isal.isal_zlib import crc32

from noncoding.common.errors import InputError
from noncoding.common.hdf5 import first_line, open_hdf5
from noncoding.data.store import ROWS_PER_CHUNK, Store
from noncoding.data.store.format import row_datasets, table_checksums


class Damage(NamedTuple):
    """Part of a store that differs from what was written."""

    where: str  # data set of the store
    rows: range  # of the data set or of the target table
    found: str

    def __str__(self) -> str:
        return f"{self.where}, rows {self.rows.start} to {self.rows.stop - 1}: {self.found}"


def damages(path: str | Path) -> Iterator[Damage]:
    """Compare a store with its checksums; adjacent blocks with the same finding are one `Damage`.

    Raises
    ------
    InputError
        The file cannot be opened as a store, or its header is damaged.
    """
    with Store(path) as store, open_hdf5(path, "a store", "Run again.") as file:
        for name in row_datasets(0, 0, 0):
            if name in file:
                yield from _damaged_blocks(file, name, store.rows)
        tables = {"target": [f"target/{name}" for name in store.targets]}
        if "locus" in file:
            tables["locus/names"] = ["locus/names"]
        for name, columns in tables.items():
            for column, checksum in zip(columns, file[f"checksum/{name}"][:], strict=True):
                if found := _difference(checksum, table_checksums, file, [column]):
                    yield Damage(column, range(len(file[column])), found)


def _damaged_blocks(file: h5py.File, name: str, rows: int) -> Iterator[Damage]:
    last: Damage | None = None
    for block, checksum in enumerate(file[f"checksum/{name}"][:]):
        start = block * ROWS_PER_CHUNK
        stop = min(start + ROWS_PER_CHUNK, rows)
        found = _difference(checksum, _block_checksum, file[name], start, stop)
        if last and found == last.found:
            last = Damage(name, range(last.rows.start, stop), found)
            continue
        if last:
            yield last
        last = Damage(name, range(start, stop), found) if found else None
    if last:
        yield last


def _block_checksum(dataset: h5py.Dataset, start: int, stop: int) -> int:
    return crc32(dataset[start:stop])


def _difference(checksum: int, compute: Callable[..., Any], *arguments: object) -> str:
    """What is wrong with content whose checksum is computed; empty if nothing is."""
    try:
        equal = compute(*arguments) == checksum
    except Exception as error:  # noqa: BLE001 – h5py raises many kinds
        return f"cannot be read ({first_line(error)})"
    return "" if equal else "other content than was written (CRC-32)"


def main() -> int:
    """Check stores. Status: 0 if all are whole, 1 if one is damaged, 2 if one cannot be opened."""
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
