"""One .mat file of a bundle: what it holds, checked, and its rows, packed."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import h5py
import numpy as np
import numpy.typing as npt
import scipy.io

from noncoding.bundle.packing import packed_rows
from noncoding.bundle.source import Source
from noncoding.bundle.write import BUNDLE_ORDER
from noncoding.errors import InputError

_FETCH_AGAIN = (
    "Check that this is a DeepSEA bundle; delete the archive and run the stage 'fetch' again."
)


class BundleSplit:
    """One .mat file of a bundle, read one variable at a time, in bounded memory.

    Parameters
    ----------
    path : path
        MATLAB v7.3 or v5.
    name : str
        The split, which the variables are named after.
    threads : int
        That decompress and pack.

    Attributes
    ----------
    rows, length, targets : int

    Raises
    ------
    InputError
        The file is neither kind of MATLAB file, is damaged, lacks a variable,
        or a variable has another shape.
    """

    def __init__(self, path: str | os.PathLike[str], name: str, *, threads: int = 1) -> None:
        self.path = Path(path)
        self._names = (f"{name}xdata", f"{name}data")
        self._threads = threads
        self._file: h5py.File | None = None
        if _says_hdf5(self.path):
            self._file = _opened(self.path)
            shapes = {n: v.shape for n, v in self._file.items() if isinstance(v, h5py.Dataset)}
        else:
            shapes = {n: shape[::-1] for n, shape in _shapes_v5(self.path).items()}
        self.rows, self.length, self.targets = self._checked_shape(shapes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def packed_sequences(self, scratch: str | os.PathLike[str]) -> Iterator[npt.NDArray[np.uint8]]:
        """All rows, a bounded number at a time.

        Parameters
        ----------
        scratch : path
            Where to put rows down, if the chunks of the file are longer than
            memory allows; removed at the end.

        Yields
        ------
        numpy.ndarray, shape=(n, 4, ceil(length / 8)), dtype=uint8
            Packed as by `noncoding.alphabet.pack`, in the order A, C, G, T;
            zeros and ones are checked, one-hotness is not.

        Raises
        ------
        InputError
            A value is neither 0 nor 1, or the file is damaged.
        """
        yield from packed_rows(
            self._source(self._names[0]), scratch, self._threads, order=BUNDLE_ORDER
        )

    def packed_labels(self, scratch: str | os.PathLike[str]) -> Iterator[npt.NDArray[np.uint8]]:
        """All labels, shape=(n, ceil(targets / 8)) at a time; else as `packed_sequences`."""
        for packed in packed_rows(self._source(self._names[1]), scratch, self._threads):
            yield packed[:, 0]

    def _source(self, name: str) -> Source:
        where = f"{self.path}, variable {name}"
        if self._file is not None:
            return Source(self._file[name], where)
        # One variable at a time; transposed, it lies in memory as v7.3 does on disk.
        return Source(_variable_v5(self.path, name).T, where)

    def _checked_shape(self, shapes: dict[str, tuple[int, ...]]) -> tuple[int, int, int]:
        for name in self._names:
            if name not in shapes:
                found = ", ".join(n for n in shapes if not n.startswith("#")) or "none"
                raise InputError(
                    self.path, f"the variables {found}", f"a variable '{name}'", _FETCH_AGAIN
                )
        x, y = (shapes[name] for name in self._names)
        if len(x) != 3 or x[1] != 4:
            raise self._wrong_shape(self._names[0], x, ("length", "4", "rows"))
        if len(y) != 2 or y[1] != x[2]:
            also = f" with {x[2]} rows, as in {self._names[0]}"
            raise self._wrong_shape(self._names[1], y, ("targets", "rows"), also)
        return x[2], x[0], y[0]

    def _wrong_shape(
        self, name: str, shape: tuple[int, ...], axes: tuple[str, ...], also: str = ""
    ) -> InputError:
        if self._file is None:  # told as the file has it
            shape, axes = shape[::-1], axes[::-1]
        return InputError(
            f"{self.path}, variable {name}",
            f"the shape {shape}",
            f"({', '.join(axes)}){also}",
            _FETCH_AGAIN,
        )


def _says_hdf5(path: Path) -> bool:
    """Whether the file is, or calls itself, MATLAB v7.3; a cut one still does."""
    with path.open("rb") as handle:
        return handle.read(128).startswith(b"MATLAB 7.3") or bool(h5py.is_hdf5(path))


def _opened(path: Path) -> h5py.File:
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise InputError(
            path,
            f"a damaged MATLAB v7.3 file ({error})",
            "a .mat file of a DeepSEA bundle",
            _FETCH_AGAIN,
        ) from error


def _shapes_v5(path: Path) -> dict[str, tuple[int, ...]]:
    try:
        return {name: shape for name, shape, _ in scipy.io.whosmat(path)}
    except Exception as error:  # scipy raises many kinds on damaged files
        raise _damaged_v5(path, error) from error


def _variable_v5(path: Path, name: str) -> npt.NDArray[Any]:
    try:
        return scipy.io.loadmat(path, variable_names=[name])[name]
    except Exception as error:
        raise _damaged_v5(path, error) from error


def _damaged_v5(path: Path, error: Exception) -> InputError:
    return InputError(
        path,
        f"a file that is neither MATLAB v7.3 nor v5, or is damaged ({error})",
        "a .mat file of a DeepSEA bundle",
        _FETCH_AGAIN,
    )
