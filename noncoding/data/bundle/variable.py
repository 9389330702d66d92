"""What a MATLAB file of any version says of a variable."""

from typing import Any, NamedTuple, Protocol

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
        Rows last, as HDF5 has it.
    """

    kind: str
    shape: tuple[int, ...]


def sparse_rows(
    values: npt.NDArray[Any],
    places: npt.NDArray[Any],
    starts: npt.NDArray[Any],
    shape: tuple[int, ...],
) -> scipy.sparse.csr_array:
    """A sparse variable: MATLAB has it compressed along its columns, which are rows here.

    Raises
    ------
    ValueError
        The parts do not fit together.
    """
    array = scipy.sparse.csr_array(
        # Parts of a file may be of the other byte order, which scipy does not take.
        (values.astype(values.dtype.newbyteorder("=")), places.astype("i8"), starts.astype("i8")),
        shape=shape,
    )
    array.check_format(full_check=True)
    return array


class MatFile(Protocol):
    """A file of either version."""

    axes: int
    """In which direction the file itself has the axes: 1 as here, -1 the other way round."""

    def names(self) -> list[str]:
        """Names of all variables."""
        ...

    def variable(self, name: str) -> Variable:
        """Class and shape; a `ValueError` where it is not stored in this file."""
        ...

    def array(self, name: str) -> Any:
        """Something with the shape of the variable that can be indexed."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...
