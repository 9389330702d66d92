"""Tables from an editor, a spreadsheet or R; without heavy imports, since the rules read them."""

import codecs
import csv
import io
import os
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

from noncoding.common.compression import decompressed
from noncoding.common.errors import InputError
from noncoding.common.files import correct_path

# UTF-32 first, since its byte-order mark begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_AS_UTF8 = "Save the file as UTF-8 (in Excel: 'Unicode Text')."


class Table(NamedTuple):
    """A table of text."""

    columns: list[str]
    rows: list[dict[str, str]]  # column → text; empty if the row is too short
    lines: list[int]  # of the file, from 1, on which the rows end


def read_table(
    path: str | os.PathLike[str], required: Collection[str] = (), *, strip: bool = True
) -> Table:
    """Read a tab-separated table with a header; all values are text.

    Parameters
    ----------
    path : path
        UTF-8, or UTF-16 or UTF-32 with a byte-order mark; plain or compressed. Values may be
        in double quotes. Empty rows, columns without a name, and row names written by R are
        skipped.
    required : collection of str
        Columns that must exist.
    strip : bool
        Whether to strip white space from values.

    Raises
    ------
    InputError
        The file cannot be read, lacks a column or has it twice, or a row has more values than
        the header.
    """
    header, rows, lines = _parsed(_read_text(path), path)
    if strip:
        rows = [[value.strip() for value in row] for row in rows]
    columns = [name.strip() for name in header]
    if _have_names(rows, len(columns)):
        rows = [row[1:] for row in rows]
    _check_columns(path, columns, required)
    for row, line in zip(rows, lines, strict=True):
        if any(row[len(columns) :]):
            raise InputError(
                f"{path}, line {line}",
                f"{len(row)} values",
                f"at most {len(columns)}, one for each column of the header",
                "Separate values by single tabs, or put a value that holds a tab in quotes.",
            )
    padded = [row + [""] * (len(columns) - len(row)) for row in rows]
    named = [place for place, name in enumerate(columns) if name]
    return Table(
        [columns[place] for place in named],
        [{columns[place]: row[place] for place in named} for row in padded],
        lines,
    )


def _have_names(rows: list[list[str]], columns: int) -> bool:
    """Whether rows begin with a name that has no column, as written by R."""
    # With trailing tabs, as from a spreadsheet, only the default row names of R are recognised.
    longer = bool(rows) and all(len(row) == columns + 1 for row in rows)
    numbers = [str(number) for number in range(1, len(rows) + 1)]
    return longer and (any(row[-1] for row in rows) or [row[0] for row in rows] == numbers)


def _read_text(path: str | os.PathLike[str]) -> str:
    try:
        content = plain_utf8(Path(path).read_bytes(), path)
    except OSError as error:
        raise InputError(
            path,
            f"a file that cannot be read ({error.strerror})",
            "a tab-separated table",
            correct_path(path),
        ) from error
    for number, line in enumerate(content.splitlines(), start=1):
        found = "NUL bytes: binary data, or UTF-16 without a byte-order mark"
        try:
            if b"\0" not in line:
                line.decode()
                continue
        except UnicodeDecodeError as error:
            found = (
                f"the byte 0x{line[error.start]:02x}, which is not UTF-8 ("
                f"{line[:80].decode('latin-1')!r} if the file is Latin-1 or Windows-1252)"
            )
        raise InputError(f"{path}, line {number}", found, "UTF-8 text", _AS_UTF8)
    return content.decode()


def encoding_of(start: bytes) -> str:
    """Encoding of a text by the byte-order mark at its start; UTF-8 without one.

    Examples
    --------
    >>> encoding_of("\ufeffchrom".encode("utf-16-le"))
    'utf-16'
    """
    return next((name for mark, name in _MARKS if start.startswith(mark)), "utf-8")


def plain_utf8(content: bytes, where: str | os.PathLike[str]) -> bytes:
    """Content of a text file without compression and byte-order mark.

    With a byte-order mark of UTF-16 or UTF-32, it is recoded to UTF-8; other bytes are unchanged.

    Raises
    ------
    InputError
        It is damaged, or the text does not match its byte-order mark.
    """
    content = decompressed(content, where)
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            if encoding == "utf-8-sig":
                return content.removeprefix(mark)
            try:
                return content.decode(encoding).encode()
            except UnicodeError as error:
                raise InputError(
                    where, f"damaged {encoding.upper()} text ({error})", "text", _AS_UTF8
                ) from error
    return content


def _parsed(
    text: str, path: str | os.PathLike[str]
) -> tuple[list[str], list[list[str]], list[int]]:
    """The header, the non-empty rows, and their lines."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t", strict=True)
    rows, lines = [], []
    try:
        for row in reader:
            if any(value.strip() for value in row):
                rows.append(row)
                lines.append(reader.line_num)
    except csv.Error as error:
        raise InputError(
            f"{path}, line {reader.line_num}",
            f"text that cannot be read ({error})",
            "values separated by tabs, and matching quotes",
            'Close the quote; within quotes, write " twice.',
        ) from error
    if not rows:
        raise InputError(path, "an empty file", "a table with a header", "Correct the file.")
    return rows[0], rows[1:], lines[1:]


def _check_columns(
    path: str | os.PathLike[str], columns: list[str], required: Collection[str]
) -> None:
    for name in columns:
        if name and columns.count(name) > 1:
            raise InputError(
                path, f"the column {name!r} twice", "each column once", "Rename or delete one."
            )
    for name in required:
        if name not in columns:
            raise InputError(
                path,
                f"the columns {', '.join(columns)[:500]}",
                f"a column '{name}'",
                "Add the column; columns are separated by tabs.",
            )
