"""MATLAB v7.3 files, which are HDF5."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from noncoding.common.hdf5 import attribute, open_hdf5, own_dataset, own_item
from noncoding.data.bundle.variable import Variable, sparse_rows

_CLASSES = {
    **{"float32": "single", "float64": "double", "bool": "logical", "complex64": "complex"},
    **{"complex128": "complex", "object": "cell or string"},
}
"""By NumPy's type, in a file that MATLAB has not written; integers have the same name."""


class V73File:
    """The variables of a file.

    Parameters
    ----------
    path : path
    expected, remedy : str
        Of the error if it is not HDF5.
    """

    axes = 1

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
        # Of complex numbers, MATLAB gives the class of the parts.
        if isinstance(written, bytes) and dataset.dtype.kind != "c":
            return Variable(written.decode(errors="replace"), dataset.shape)
        name = dataset.dtype.name
        return Variable(_CLASSES.get(name, name), dataset.shape)

    def array(self, name: str) -> Any:
        """A dataset; of a sparse variable, an array in memory."""
        item = own_item(self._file, name)
        if isinstance(item, h5py.Dataset):
            return own_dataset(self._file, name)
        starts = own_dataset(item, "jc")[:]
        # MATLAB leaves out the others where all values are zero.
        values, places = (
            own_dataset(item, part)[:] if part in [*item] else np.zeros(0)
            for part in ("data", "ir")
        )
        return sparse_rows(values, places, starts, self.variable(name).shape)
