"""MATLAB v7.3 files, which are HDF5."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from noncoding.common.hdf5 import attribute, open_hdf5, own_dataset, own_item
from noncoding.data.bundle.variable import Variable, sparse_rows

_CLASSES = {
    "float32": "single",
    "float64": "double",
    "bool": "logical",
    "complex64": "complex",
    "complex128": "complex",
    "object": "cell or string",
}
"""NumPy type → MATLAB class, for files that MATLAB did not write; names of integers are equal."""


class V73File:
    """The variables of a file; `expected` and `remedy` are those of the error if it is not HDF5."""

    axes = 1
    """Step through the axes of a shape that gives them in the order of the file."""

    def __init__(self, path: Path, expected: str, remedy: str) -> None:
        self._file = open_hdf5(path, expected, remedy)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def names(self) -> list[str]:
        """Names of all variables."""
        return [*self._file]

    def variable(self, name: str) -> Variable:
        """Class and shape."""
        item = own_item(self._file, name)
        if isinstance(item, h5py.Group):
            rows = attribute(item, "MATLAB_sparse")
            if rows is None:
                return Variable("struct", ())
            return Variable("sparse", (len(own_dataset(item, "jc")) - 1, int(rows)))
        dataset = own_dataset(self._file, name)
        written = attribute(item, "MATLAB_class")
        # MATLAB gives complex numbers the class of their parts.
        if isinstance(written, bytes) and dataset.dtype.kind != "c":
            return Variable(written.decode(errors="replace"), dataset.shape)
        name = dataset.dtype.name
        return Variable(_CLASSES.get(name, name), dataset.shape)

    def array(self, name: str) -> Any:
        """The dataset of a variable; of a sparse one, an array in memory."""
        item = own_item(self._file, name)
        if isinstance(item, h5py.Dataset):
            return own_dataset(self._file, name)
        starts = own_dataset(item, "jc")[:]
        # MATLAB omits the others where all values are zero.
        values, places = (
            own_dataset(item, part)[:] if part in [*item] else np.zeros(0)
            for part in ("data", "ir")
        )
        return sparse_rows(values, places, starts, self.variable(name).shape)
