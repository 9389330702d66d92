"""Files that may be compressed, recognised by their first bytes and not by their names."""

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
"""First bytes of a file → how it is opened; all other files are plain."""
MOST_BYTES = 1 << 29
"""Maximum size of a decompressed text: a few kilobytes may inflate to gigabytes."""
ERRORS = (OSError, EOFError, zlib.error, lzma.LZMAError)
"""Raised by reading damaged or truncated files."""
_OTHERS = {b"PK\x03\x04": "zip", b"7z\xbc\xaf": "7z", b"Rar!": "rar", b"\x28\xb5\x2f\xfd": "zstd"}


def is_compressed(path: str | os.PathLike[str]) -> bool:
    """Whether a file starts like one of the formats of `OPENERS`."""
    with Path(path).open("rb") as handle:
        return handle.read(max(map(len, OPENERS))).startswith(tuple(OPENERS))


def opened(path: str | os.PathLike[str]) -> IO[bytes]:
    """Open a file, plain or compressed with gzip, bzip2 or xz, for reading its content.

    Raises
    ------
    OSError
        It cannot be opened. Reading raises one of `ERRORS`.
    InputError
        It is compressed in another format.
    """
    with Path(path).open("rb") as handle:
        start = handle.read(max(map(len, OPENERS)))
    return _opener(start, path)(path, "rb")


def decompressed(content: bytes, where: str | os.PathLike[str]) -> bytes:
    """Content of a text, plain or compressed with gzip, bzip2 or xz.

    Raises
    ------
    InputError
        It is damaged or truncated, compressed in another format, or larger than `MOST_BYTES`.
    """
    opener = _opener(content, where)
    if opener is open:
        return content
    try:
        with opener(io.BytesIO(content)) as stream:
            found: bytes = stream.read(MOST_BYTES + 1)
    except ERRORS as error:
        raise InputError(
            where,
            f"compressed data that end early, are damaged or are followed by other data ({error})",
            "a complete file",
            "Download or compress it again.",
        ) from error
    if len(found) > MOST_BYTES:
        raise InputError(
            where,
            f"{len(content):,} bytes that inflate to more than {MOST_BYTES >> 20} MiB",
            "a text that fits into memory",
            "Check that it is the right file; if it is, decompress it.",
        )
    return found


def _opener(start: bytes, where: str | os.PathLike[str]) -> Callable[..., Any]:
    for magic, kind in _OTHERS.items():
        if start.startswith(magic):
            raise InputError(
                where,
                f"a file that is compressed with {kind}",
                "a file that is plain or compressed with gzip, bzip2 or xz",
                "Decompress it, and pack archives with tar.",
            )
    return next((OPENERS[magic] for magic in OPENERS if start.startswith(magic)), open)
