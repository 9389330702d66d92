"""Variables of MATLAB files, v5 and v7.3 (HDF5).

scipy also reads v5, but crashes on some damaged files, takes twice the memory and unpacks without
bound. Format: MathWorks, "MAT-File Format", chapter 1.
"""

import struct
from pathlib import Path
from typing import IO, Any, NamedTuple

import h5py
import numpy as np
import numpy.typing as npt
import scipy.sparse
from isal import isal_zlib

from noncoding.common.errors import InputError
from noncoding.common.hdf5 import attribute, open_hdf5, own_dataset, own_item
from noncoding.common.memory import available_memory

NUMBERS = (
    *("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"),
    *("double", "single", "logical", "sparse"),
)
"""Classes that may hold zeros and ones."""
_TYPE = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_MATRIX, _PACKED = 14, 15
_OPAQUE = "opaque"
_CLASSES = dict(
    enumerate(
        (
            *("cell", "struct", "object", "char", "sparse", "double", "single", "int8", "uint8"),
            *("int16", "uint16", "int32", "uint32", "int64", "uint64", "function", _OPAQUE),
        ),
        start=1,
    )
)
_COMPLEX, _LOGICAL = 1 << 11, 1 << 9
_HEADER = 128
_READ = 1 << 20
_OTHER_CLASSES = {
    "float32": "single",
    "float64": "double",
    "bool": "logical",
    "complex64": "complex",
    "complex128": "complex",
    "object": "cell or string",
}
"""NumPy type → MATLAB class, for files that MATLAB did not write; names of integers are equal."""


class Variable(NamedTuple):
    """A variable that has not been read yet."""

    kind: str  # its class in MATLAB; "sparse" for any sparse matrix
    shape: tuple[int, ...]  # rows last, as in HDF5


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
        return Variable(_OTHER_CLASSES.get(name, name), dataset.shape)

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


class V5File:
    """The variables of a file; a `ValueError` if it is of another kind or damaged."""

    axes = -1
    """Step through the axes of a shape that gives them in the order of the file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._variables: dict[str, tuple[Variable, int]] = {}
        self._file = path.open("rb")
        try:
            order = {b"IM": "<", b"MI": ">"}.get(self._file.read(_HEADER)[-2:])
            if order is None:
                raise ValueError("no header of a MATLAB file")
            self._order = order
            start = _HEADER
            while start < path.stat().st_size:
                name, variable = _description(self._elements(start))
                self._variables[name] = (variable, start)
                self._file.seek(start)
                start += 8 + struct.unpack(f"{order}II", self._file.read(8))[1]
        except BaseException:
            self._file.close()
            raise

    def _elements(self, start: int) -> "_Elements":
        """The elements of the variable at an offset; an error if there is none."""
        self._file.seek(start)
        kind, size = struct.unpack(f"{self._order}II", self._file.read(8))
        elements = _Elements(self._file, self._order, size, packed=kind == _PACKED)
        if kind == _PACKED:
            kind, _ = elements.tag()
        if kind != _MATRIX:
            raise ValueError(f"data of the type {kind} instead of a variable, at byte {start}")
        return elements

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def names(self) -> list[str]:
        """Names of all variables."""
        return [*self._variables]

    def variable(self, name: str) -> Variable:
        """Class and shape."""
        return self._variables[name][0]

    def array(self, name: str) -> Any:
        """The values, in the memory layout of v7.3 on disk.

        Raises
        ------
        InputError
            They do not fit into memory.
        ValueError
            They are damaged.
        """
        variable, start = self._variables[name]
        elements = self._elements(start)
        _description(elements)
        sparse = variable.kind == "sparse"
        try:
            parts = [elements.numbers() for _ in range(3 if sparse else 1)]
        except MemoryError as error:
            raise InputError(
                self._path,
                f"a variable that does not fit into memory: {error}",
                "one that does",
                "If you trust the file, use a machine with more memory, or save it with -v7.3, "
                "which is read piece by piece.",
            ) from error
        elements.finish()
        if sparse:
            places, starts, values = parts
            return sparse_rows(values, places, starts, variable.shape)
        return parts[0].reshape(variable.shape)


def _description(elements: "_Elements") -> tuple[str, Variable]:
    flags = int(elements.numbers()[0])
    kind = _CLASSES.get(flags & 0xFF, "unknown")
    shape = () if kind == _OPAQUE else tuple(int(size) for size in elements.numbers())
    name = elements.numbers().tobytes().decode("latin-1")
    if kind != "sparse":
        kind = "complex" if flags & _COMPLEX else "logical" if flags & _LOGICAL else kind
    return name, Variable(kind, shape[::-1])


class _Elements:
    """The consecutive elements of a variable, unpacked as they are read."""

    def __init__(self, file: IO[bytes], order: str, size: int, *, packed: bool) -> None:
        self._file = file
        self._order = order
        self._left = size
        self._unpacker = isal_zlib.decompressobj() if packed else None
        self._waiting = b""
        self._padding = 0

    def numbers(self) -> npt.NDArray[Any]:
        """The values of the next element.

        Raises
        ------
        MemoryError
            They need more memory than is free.
        ValueError
            The element holds no numbers, or is truncated.
        """
        kind, content = self.tag()
        if kind not in _TYPE:
            raise ValueError(f"values of the unknown type {kind}")
        if isinstance(content, int):
            self._padding = -content % 8
            content = self._read(content)
        return content.view(np.dtype(self._order + _TYPE[kind]))

    def tag(self) -> tuple[int, int | npt.NDArray[np.uint8]]:
        """Type of the next element, and its size, or its bytes if they are at most four."""
        self._read(self._padding)
        self._padding = 0
        tag = self._read(8)
        kind, size = (int(word) for word in tag.view(f"{self._order}u4"))
        if kind >> 16:
            kind, size = kind & 0xFFFF, kind >> 16
            return kind, tag[4 : 4 + min(size, 4)]
        return kind, size

    def finish(self) -> None:
        """Refuse further values, except padding; check the checksum of packed data."""
        left = 0
        while piece := self._next(_READ):
            left += len(piece)
            if left > 8:
                raise ValueError("there are more values than the shape allows")
        if self._unpacker is not None and not self._unpacker.eof:
            raise ValueError("the data is cut short")

    def _read(self, count: int) -> npt.NDArray[np.uint8]:
        free = available_memory() if count > _READ else count
        if count > free:
            raise MemoryError(f"{count / 2**30:.1f} GiB, where {free / 2**30:.1f} GiB are free")
        found = np.empty(count, dtype=np.uint8)
        at = 0
        while at < count:
            piece = self._next(min(count - at, _READ))
            if not piece:
                raise ValueError("the data is cut short")
            found[at : at + len(piece)] = np.frombuffer(piece, dtype=np.uint8)
            at += len(piece)
        return found

    def _next(self, most: int) -> bytes:
        """At most `most` bytes; none at the end."""
        if self._unpacker is None:
            return self._raw(most)
        piece = b""
        while not piece and not self._unpacker.eof:
            raw = self._waiting or self._raw(_READ)
            piece = self._unpacker.decompress(raw, most)
            self._waiting = self._unpacker.unconsumed_tail
            if not raw:
                break
        return piece

    def _raw(self, most: int) -> bytes:
        found = self._file.read(min(most, self._left))
        self._left -= len(found)
        return found
