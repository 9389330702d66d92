"""Files that may be compressed: told by their first bytes, whatever they are called."""

import bz2
import gzip
import io
import lzma
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from noncoding.errors import InputError

OPENERS: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
"""By the first bytes of the file; anything else is read as it is."""
ERRORS = (OSError, EOFError, zlib.error, lzma.LZMAError)
"""Of reading what is damaged or cut short."""
_OTHERS = {b"PK\x03\x04": "zip", b"7z\xbc\xaf": "7z", b"Rar!": "rar", b"\x28\xb5\x2f\xfd": "zstd"}


def opened(path: str | os.PathLike[str]) -> IO[bytes]:
    """Open a file for reading what it holds, plain or compressed with gzip, bzip2 or xz.

    Raises
    ------
    OSError
        It cannot be opened. Reading raises one of `ERRORS`.
    """
    with Path(path).open("rb") as handle:
        start = handle.read(max(map(len, OPENERS)))
    return _opener(start)(path, "rb")


def decompressed(content: bytes, where: str | os.PathLike[str]) -> bytes:
    """What a whole file holds, plain or compressed with gzip, bzip2 or xz.

    Parameters
    ----------
    content : bytes
    where : path
        Name of the file for the errors.

    Raises
    ------
    InputError
        It is damaged or ends early, or is an archive of another kind.
    """
    if kind := next((kind for magic, kind in _OTHERS.items() if content.startswith(magic)), None):
        raise InputError(
            where,
            f"a file that is compressed with {kind}",
            "a file that is plain or compressed with gzip, bzip2 or xz",
            "Unpack it.",
        )
    opener = _opener(content)
    if opener is open:
        return content
    try:
        with opener(io.BytesIO(content)) as stream:
            return stream.read()
    except ERRORS as error:
        raise InputError(
            where,
            f"compressed data that end early or are damaged ({error})",
            "a whole file",
            "Get it anew.",
        ) from error


def _opener(start: bytes) -> Callable[..., Any]:
    return next((OPENERS[magic] for magic in OPENERS if start.startswith(magic)), open)
