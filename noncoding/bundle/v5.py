"""MATLAB v5 files, and v4."""

import math
import struct
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import scipy.io
from isal import igzip_lib, isal_zlib

from noncoding.bundle.variable import Variable
from noncoding.errors import InputError
from noncoding.memory import available_memory

_HEADER = 128
_COMPRESSED = 15
_READ = 1 << 20


class V5File:
    """The variables of a file, each of which is read whole.

    Parameters
    ----------
    path : path

    Raises
    ------
    InputError
        A variable is packed that does not fit into memory.
    """

    axes = -1

    def __init__(self, path: Path) -> None:
        self._path = path
        # Before scipy unpacks them: a few megabytes may stand for many gigabytes.
        self._held = _bytes_held(path)
        self._variables = {
            name: Variable(kind, shape[::-1])
            for name, shape, kind in scipy.io.whosmat(path, appendmat=False)
        }

    def close(self) -> None:
        """Nothing is open."""

    def names(self) -> list[str]:
        """Names of all variables."""
        return [*self._variables]

    def variable(self, name: str) -> Variable:
        """Class and shape."""
        variable = self._variables[name]
        if variable.kind != "sparse" and math.prod(variable.shape) > self._held:
            raise ValueError(f"'{name}' claims more values than there are bytes")
        return variable

    def array(self, name: str) -> Any:
        """The values: transposed, they lie in memory as v7.3 has them on disk."""
        found = scipy.io.loadmat(self._path, variable_names=[name], appendmat=False, spmatrix=False)
        array = found[name].T
        if array.shape != self._variables[name].shape:
            raise ValueError(f"'{name}' has the shape {array.shape[::-1]}, and claims another one")
        if self._variables[name].kind == "sparse":
            array.check_format(full_check=True)
        return array


def _bytes_held(path: Path) -> int:
    """Bytes of all variables, unpacked."""
    # scipy copies what it has unpacked.
    free, held = available_memory() // 2, path.stat().st_size
    with path.open("rb") as file:
        order = {b"IM": "<", b"MI": ">"}.get(file.read(_HEADER)[-2:])
        while order and len(tag := file.read(8)) == 8:
            kind, size = struct.unpack(f"{order}II", tag)
            after = file.tell() + size
            if kind == _COMPRESSED:
                unpacked = _unpacked(file, size, free)
                if unpacked > free:
                    raise InputError(
                        path,
                        "a packed variable that does not fit into memory",
                        f"at most {free / 2**30:.1f} GiB, half of what is free",
                        "If you trust the file, use a machine with more memory, or save it with "
                        "-v7.3, which is read piece by piece.",
                    )
                held += unpacked
            file.seek(after)
    return held


def _unpacked(file: IO[bytes], size: int, limit: int) -> int:
    """Length that so many bytes of a file unpack to, as far as that is beyond a limit."""
    stream = isal_zlib.decompressobj()
    unpacked, rest = 0, b""
    # What is damaged is left to the reader.
    with suppress(igzip_lib.IsalError):  # type: ignore[arg-type] # its stub has no class
        while unpacked <= limit and not stream.eof:
            if not rest:
                rest = file.read(min(size, _READ))
                size -= len(rest)
                if not rest:
                    break
            unpacked += len(stream.decompress(rest, _READ))
            rest = stream.unconsumed_tail
    return unpacked
