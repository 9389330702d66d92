"""One .mat file of a bundle: its checked contents and packed rows."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import h5py
import numpy as np
import numpy.typing as npt

from noncoding.common.errors import InputError, some_of
from noncoding.common.files import correct_path, not_a_file
from noncoding.common.hdf5 import damage_reported, first_line
from noncoding.data.bundle import BUNDLE_ORDER
from noncoding.data.bundle.matlab import NUMBERS, V5File, V73File
from noncoding.data.bundle.packing import packed_rows
from noncoding.data.bundle.source import Source

_EXPECTED = "a .mat file of a DeepSEA bundle, MATLAB v7.3 or v5"
_FETCH_AGAIN = (
    "Check that this is a DeepSEA bundle; delete the archive and run the stage 'fetch' again."
)


class BundleSplit:
    """One .mat file of a bundle, MATLAB v7.3 or v5, read in bounded memory.

    Parameters
    ----------
    path : path
    name : str
        The split, which the variables are named after.
    threads : int
        Threads that decompress and pack.

    Attributes
    ----------
    rows, length, targets : int

    Raises
    ------
    InputError
        The file is neither kind of MATLAB file, is damaged, lacks a variable, or a variable has
        another class or shape, or is stored in another file.
    """

    def __init__(self, path: str | os.PathLike[str], name: str, *, threads: int) -> None:
        self.path = Path(path)
        self._names = (f"{name}xdata", f"{name}data")
        self._threads = threads
        with ExitStack() as stack:
            self._file = _opened(self.path)
            stack.callback(self._file.close)
            with damage_reported(self.path, _EXPECTED, _FETCH_AGAIN):
                self._read_shape()
            stack.pop_all()  # It stays open.

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def packed_sequences(self, scratch: str | os.PathLike[str]) -> Iterator[npt.NDArray[np.uint8]]:
        """All rows, shape=(n, 4, ceil(length / 8)) at a time, in the order A, C, G, T.

        Values are checked to be 0 or 1; columns are not checked to be one-hot. `scratch` is a
        temporary file for rows, where the chunks of the file are longer than memory allows.
        """
        source = self._source(self._names[0])
        return packed_rows(source, scratch, self._threads, order=BUNDLE_ORDER)

    def packed_labels(self, scratch: str | os.PathLike[str]) -> Iterator[npt.NDArray[np.uint8]]:
        """All labels, shape=(n, ceil(targets / 8)) at a time; otherwise as `packed_sequences`."""
        for packed in packed_rows(self._source(self._names[1]), scratch, self._threads):
            yield packed[:, 0]

    def _source(self, name: str) -> Source:
        where = f"{self.path}, variable {name}"
        with damage_reported(where, _EXPECTED, _FETCH_AGAIN):
            return Source(self._file.array(name), where)

    def _read_shape(self) -> None:
        shapes = []
        names = self._file.names()
        for name in self._names:
            if name not in names:
                found = some_of(other for other in names if not other.startswith("#")) or "none"
                raise InputError(
                    self.path, f"the variables {found}", f"a variable '{name}'", _FETCH_AGAIN
                )
            variable = self._file.variable(name)
            if variable.kind not in NUMBERS:
                raise InputError(
                    f"{self.path}, variable {name}",
                    f"the class {variable.kind}",
                    f"zeros and ones of a class that holds numbers: {', '.join(NUMBERS)}",
                    f"Save it in MATLAB as a matrix of numbers: {name} = uint8({name}).",
                )
            shapes.append(variable.shape)
        x, y = shapes
        if len(x) != 3 or x[1] != 4:
            raise self._wrong_shape(self._names[0], x, ("length", "4", "rows"))
        if len(y) != 2 or y[1] != x[2]:
            also = f" with {x[2]} rows, as in {self._names[0]}"
            raise self._wrong_shape(self._names[1], y, ("targets", "rows"), also)
        (self.length, _, self.rows), self.targets = x, y[0]

    def _wrong_shape(
        self, name: str, shape: tuple[int, ...], axes: tuple[str, ...], also: str = ""
    ) -> InputError:
        step = self._file.axes
        return InputError(
            f"{self.path}, variable {name}",
            f"the shape {shape[::step]}",
            f"({', '.join(axes[::step])}){also}",
            _FETCH_AGAIN,
        )


def _opened(path: Path) -> V5File | V73File:
    if path.exists() and (found := not_a_file(path)):
        raise InputError(path, found, _EXPECTED, correct_path(path))
    with path.open("rb") as handle:
        # Also the header of a truncated file says v7.3.
        says_v73 = handle.read(10) == b"MATLAB 7.3"
    if says_v73 or h5py.is_hdf5(path):
        return V73File(path, _EXPECTED, _FETCH_AGAIN)
    try:
        return V5File(path)
    except (InputError, MemoryError):
        raise
    except Exception as error:  # many kinds, on damaged files
        found = f"a file that is neither MATLAB v7.3 nor v5, or is damaged ({first_line(error)})"
        raise InputError(path, found, _EXPECTED, _FETCH_AGAIN) from error
