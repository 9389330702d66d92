"""The format of the DeepSEA bundle: two kinds of MATLAB file in a tar.gz.

``train.mat`` is MATLAB v7.3, which is HDF5; h5py sees ``trainxdata``, uint8,
(length, 4, rows), and ``traindata``, uint8, (targets, rows), in chunks of
MATLAB's choice. ``valid.mat`` and ``test.mat`` are MATLAB v5: ``validxdata``,
(rows, 4, length), and ``validdata``, (rows, targets). Channels stand in the
order A, G, C, T.
"""

import os
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import h5py
import numpy as np
import numpy.typing as npt
import scipy.io

from noncoding.errors import InputError

SPLITS = ("train", "valid", "test")

BUNDLE_ORDER = [0, 2, 1, 3]
"""Takes A, C, G, T to A, G, C, T and back: it is its own inverse."""

_FETCH_AGAIN = (
    "Check that this is a DeepSEA bundle; delete the archive and run the stage 'fetch' again."
)
# A block of one-hot rows is at most this large while it is turned around.
_BLOCK_BYTES = 2**27


class BundleSplit:
    """One .mat file of a bundle, read in blocks.

    Parameters
    ----------
    path : path
        MATLAB v7.3 or v5.
    name : str
        The split, which the variables are named after.

    Attributes
    ----------
    rows, length, targets : int

    Raises
    ------
    InputError
        The file is neither kind of MATLAB file, is damaged, lacks a variable,
        or a variable has another shape.
    """

    def __init__(self, path: str | os.PathLike[str], name: str) -> None:
        self.path = Path(path)
        self._names = (f"{name}xdata", f"{name}data")
        self._file: h5py.File | None = None
        if _says_hdf5(self.path):
            self._file = _opened(self.path)
            self._sequences, self._labels = (self._variable(self._file, n) for n in self._names)
        else:
            variables = _read_v5(self.path, self._names)
            self._sequences, self._labels = (self._variable(variables, n) for n in self._names)
        self.rows, self.length, self.targets = self._checked_shape()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def blocks(
        self,
    ) -> Iterator[tuple[int, npt.NDArray[np.uint8], npt.NDArray[np.generic]]]:
        """Rows in order, a bounded number at a time, as they stand in the file.

        Yields
        ------
        start : int
            Number of the first row.
        sequences : numpy.ndarray, shape=(n, 4, length)
            In the order A, C, G, T; not yet checked.
        labels : numpy.ndarray, shape=(n, targets)
            Not yet checked.
        """
        size = self._rows_per_block()
        for start in range(0, self.rows, size):
            rows = slice(start, min(start + size, self.rows))
            sequences, labels = self._read(rows)
            yield start, sequences[:, BUNDLE_ORDER], labels

    def _read(self, rows: slice) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.generic]]:
        if self._file is None:
            return self._sequences[rows], self._labels[rows]
        try:
            return self._sequences[:, :, rows].transpose(2, 1, 0), self._labels[:, rows].T
        except OSError as error:
            raise InputError(
                f"{self.path}, rows {rows.start} to {rows.stop - 1}",
                f"data that HDF5 cannot read ({error})",
                "a whole file",
                _FETCH_AGAIN,
            ) from error

    def _rows_per_block(self) -> int:
        """Whole chunks of the source, so that each is decompressed once.

        Chunks that are longer than a block are read in part, again and again:
        slow, but in bounded memory.
        """
        rows = max(1, _BLOCK_BYTES // (4 * self.length))
        chunks = self._sequences.chunks if self._file is not None else None
        if chunks and chunks[2] <= rows:
            rows = rows // chunks[2] * chunks[2]
        return rows

    def _variable(self, variables: Any, name: str) -> Any:
        if name not in variables:
            found = ", ".join(n for n in variables if not n.startswith(("__", "#"))) or "none"
            raise InputError(
                self.path, f"the variables {found}", f"a variable '{name}'", _FETCH_AGAIN
            )
        return variables[name]

    def _checked_shape(self) -> tuple[int, int, int]:
        x, y = self._sequences.shape, self._labels.shape
        order = "length, 4, rows" if self._file is not None else "rows, 4, length"
        if len(x) != 3 or x[1] != 4:
            raise InputError(
                f"{self.path}, variable {self._names[0]}",
                f"the shape {x}",
                f"({order})",
                _FETCH_AGAIN,
            )
        rows, length = (x[2], x[0]) if self._file is not None else (x[0], x[2])
        if len(y) != 2 or y[-1 if self._file is not None else 0] != rows:
            order = "targets, rows" if self._file is not None else "rows, targets"
            raise InputError(
                f"{self.path}, variable {self._names[1]}",
                f"the shape {y}",
                f"({order}) with {rows} rows, as in {self._names[0]}",
                _FETCH_AGAIN,
            )
        return rows, length, y[0] if self._file is not None else y[1]


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


def _read_v5(path: Path, names: tuple[str, ...]) -> dict[str, Any]:
    try:
        listed = [name for name, *_ in scipy.io.whosmat(path)]
        # A variable of another type would be read for nothing.
        variables = scipy.io.loadmat(path, variable_names=list(names))
    except Exception as error:  # scipy raises many kinds on damaged files
        raise InputError(
            path,
            f"a file that is neither MATLAB v7.3 nor v5, or is damaged ({error})",
            "a .mat file of a DeepSEA bundle",
            _FETCH_AGAIN,
        ) from error
    return dict.fromkeys(listed) | variables


def write_bundle(
    archive: str | os.PathLike[str],
    splits: dict[str, tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]],
    folder: str = "deepsea_train",
) -> None:
    """Write rows as the DeepSEA bundle has them.

    ``train.mat`` is MATLAB v7.3 (HDF5, rows last), the others MATLAB v5 (rows
    first); channels stand in the order A, G, C, T.

    Parameters
    ----------
    archive : path
        The tar.gz.
    splits : dict
        Split → sequences, shape=(rows, 4, length), A, C, G, T; labels,
        shape=(rows, targets).
    folder : str
        Inside the archive.
    """
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar, tempfile.TemporaryDirectory() as at:
        for name, (sequences, labels) in splits.items():
            path = Path(at) / f"{name}.mat"
            sequences = sequences[:, BUNDLE_ORDER]
            if name == "train":
                _write_v73(path, name, sequences, labels)
            else:
                scipy.io.savemat(
                    path,
                    {f"{name}xdata": sequences, f"{name}data": labels},
                    do_compression=True,
                )
            tar.add(path, f"{folder}/{name}.mat")
            path.unlink()


def _write_v73(
    path: Path, name: str, sequences: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8]
) -> None:
    # MATLAB puts a 512-byte block with its own header before the HDF5 file.
    with h5py.File(path, "w", userblock_size=512) as file:
        for variable, values in (("xdata", sequences.transpose(2, 1, 0)), ("data", labels.T)):
            dataset = file.create_dataset(
                name + variable, data=values, chunks=True, compression="gzip", compression_opts=1
            )
            dataset.attrs["MATLAB_class"] = np.bytes_("uint8")
    header = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, HDF5 schema 1.00 .".ljust(124)
    with path.open("r+b") as handle:
        handle.write(header + (0x0200).to_bytes(2, "little") + b"IM")
