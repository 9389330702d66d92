"""Files that may be compressed: recognised by their first bytes, whatever their names are."""

import bz2
import gzip
import io
import lzma
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from noncoding.common.errors import InputError

OPENERS: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
"""By the first bytes of the file; anything else is read as it is."""
MOST_BYTES = 1 << 29
"""Of a text that is compressed: a few kilobytes may inflate to gigabytes."""
ERRORS = (OSError, EOFError, zlib.error, lzma.LZMAError)
"""Of reading what is damaged or cut short."""
_OTHERS = {b"PK\x03\x04": "zip", b"7z\xbc\xaf": "7z", b"Rar!": "rar", b"\x28\xb5\x2f\xfd": "zstd"}


def opened(path: str | os.PathLike[str]) -> IO[bytes]:
    """Open a file for reading what it holds, plain or compressed with gzip, bzip2 or xz.

    Raises
    ------
    OSError
        It cannot be opened. Reading raises one of `ERRORS`.
    InputError
        It is compressed in another way.
    """
    with Path(path).open("rb") as handle:
        start = handle.read(max(map(len, OPENERS)))
    _refuse_others(start, path)
    return _opener(start)(path, "rb")


def decompressed(content: bytes, where: str | os.PathLike[str]) -> bytes:
    """What a whole text holds, plain or compressed with gzip, bzip2 or xz.

    Parameters
    ----------
    content : bytes
    where : path
        Name of the file for the errors.

    Raises
    ------
    InputError
        It is damaged or ends early, is an archive of another kind, or inflates to more than
        `MOST_BYTES`.
    """
    _refuse_others(content, where)
    opener = _opener(content)
    if opener is open:
        return content
    try:
        with opener(io.BytesIO(content)) as stream:
            found: bytes = stream.read(MOST_BYTES + 1)
    except ERRORS as error:
        raise InputError(
            where,
            f"compressed data that end early, are damaged or are followed by other data ({error})",
            "a whole file",
            "Download or pack it again.",
        ) from error
    if len(found) > MOST_BYTES:
        raise InputError(
            where,
            f"{len(content):,} bytes that inflate to more than {MOST_BYTES >> 20} MiB",
            "a text that fits into memory",
            "Check that it is the right file; if it is, unpack it.",
        )
    return found


def _refuse_others(start: bytes, where: str | os.PathLike[str]) -> None:
    kind = next((kind for magic, kind in _OTHERS.items() if start.startswith(magic)), None)
    if kind:
        raise InputError(
            where,
            f"a file that is compressed with {kind}",
            "a file that is plain or compressed with gzip, bzip2 or xz",
            "Unpack it, and pack archives with tar.",
        )


def _opener(start: bytes) -> Callable[..., Any]:
    return next((OPENERS[magic] for magic in OPENERS if start.startswith(magic)), open)
