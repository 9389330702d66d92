"""Lines of files of variants, plain or compressed."""

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path

from noncoding.common.compression import ERRORS, opened
from noncoding.common.errors import InputError
from noncoding.common.files import correct_path, not_a_file

VCF = b"##fileformat=VCF"
"""First bytes of a VCF file."""
BCF = b"BCF"
"""First bytes of the content of a BCF file."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_BGZF = re.compile(rb"\x1f\x8b\x08\x04.{8}BC", re.DOTALL)
_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_START = 1 << 12
"""Bytes from which the format of a file is recognised."""
_BINARY = {
    "\0": "NUL bytes, as in binary data",
    "\N{REPLACEMENT CHARACTER}": "bytes that are not UTF-8",
}
_AGAIN = "Download or compress it again."


def start_of(path: str | os.PathLike[str]) -> bytes:
    """First bytes of the content of a file, from which its format is recognised.

    Raises
    ------
    InputError
        The file does not exist, is empty or cannot be read, or it is compressed with bgzip and
        lacks the block that ends such files. Where a file is truncated between two blocks, nothing
        else shows it.
    """
    if found := not_a_file(path):
        raise InputError(path, found, "a file of variants", correct_path(path))
    try:
        with opened(path) as stream:
            start = stream.read(_START)
        with Path(path).open("rb") as file:
            is_bgzf = _BGZF.match(file.read(14))
            file.seek(-min(len(_BGZF_END), Path(path).stat().st_size), os.SEEK_END)
            ends = file.read() == _BGZF_END
    except ERRORS as error:
        raise damaged(path, error) from error
    if not start:
        raise InputError(path, "an empty file", "a file of variants", "Name another file.")
    if is_bgzf and not ends:
        raise InputError(
            path,
            "a truncated file: the block that ends bgzip files is missing",
            "a complete file",
            _AGAIN,
        )
    return start


def lines_of(path: str | os.PathLike[str]) -> Iterator[tuple[int, bytes]]:
    """Numbers and text of the lines of a file that are not empty."""
    number = 0
    try:
        with opened(path) as stream:
            for number, line in enumerate(stream, start=1):
                text = line.rstrip(b"\r\n")
                if number == 1:
                    text = text.removeprefix(BYTE_ORDER_MARK)
                if text:
                    yield number, text
    except ERRORS as error:
        raise damaged(f"{path}, after line {number}", error) from error


def table_lines(path: str | os.PathLike[str], encoding: str) -> Iterator[tuple[int, str]]:
    """Numbers and text of the lines of a table that are neither empty nor comments."""
    number = 0
    try:
        with opened(path) as stream, io.TextIOWrapper(stream, encoding, "replace") as lines:
            for number, text in enumerate(lines, start=1):
                for character, found in _BINARY.items():
                    if character in text:
                        raise _not_text(f"{path}, line {number}", f"{found}: {text[:80]!r}")
                if text.strip() and not text.startswith("##"):
                    yield number, text.rstrip("\n")
    except ERRORS as error:
        raise damaged(f"{path}, after line {number}", error) from error


def other_columns(where: str, found: int, expected: int) -> InputError:
    """The error for a record with another number of columns than the header."""
    return InputError(
        where,
        f"{found} columns",
        f"{expected}, as in the header",
        "Separate columns by tabs, and complete or delete the line.",
    )


def damaged(where: str | os.PathLike[str], error: Exception) -> InputError:
    """The error for a file whose content cannot be read, with one of `ERRORS` as its cause."""
    if getattr(error, "errno", None):
        found, remedy = (
            f"a file that cannot be read ({error})",
            "Check its permissions, and the disk.",
        )
    else:
        found, remedy = f"data that are damaged or end early ({error})", _AGAIN
    return InputError(where, found, "a complete file", remedy)


def _not_text(where: str, found: str) -> InputError:
    return InputError(
        where, found, "a table as UTF-8 text", "Save the table as tab-separated UTF-8 text."
    )
