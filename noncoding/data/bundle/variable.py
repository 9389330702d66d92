"""A variable of a MATLAB file of either version."""

from typing import Any, NamedTuple

import numpy.typing as npt
import scipy.sparse

NUMBERS = (
    *("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"),
    *("double", "single", "logical", "sparse"),
)
"""Classes that may hold zeros and ones."""


class Variable(NamedTuple):
    """A variable that has not been read yet.

    Attributes
    ----------
    kind : str
        Its class in MATLAB; ``sparse`` of any sparse matrix.
    shape : tuple of int
        Rows last, as in HDF5.
    """

    kind: str
    shape: tuple[int, ...]


def sparse_rows(
    values: npt.NDArray[Any],
    places: npt.NDArray[Any],
    starts: npt.NDArray[Any],
    shape: tuple[int, ...],
) -> scipy.sparse.csr_array:
    """A sparse variable, which MATLAB compresses along its columns: rows in HDF5's order.

    Raises
    ------
    ValueError
        The parts do not fit together.
    """
    array = scipy.sparse.csr_array(
        # Parts of a file may have the other byte order, which scipy does not support.
        (values.astype(values.dtype.newbyteorder("=")), places.astype("i8"), starts.astype("i8")),
        shape=shape,
    )
    array.check_format(full_check=True)
    return array
