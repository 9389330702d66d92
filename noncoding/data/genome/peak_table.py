"""Read tables of peak files, by path or URL.

Imports no heavy library, since the rules list the files, too.
"""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from noncoding.common.errors import InputError
from noncoding.common.files import from_home
from noncoding.common.redaction import redacted
from noncoding.common.tables import Table, read_table
from noncoding.data.target_columns import (
    DOWNLOADED,
    NAMING,
    TEXT_COLUMNS,
    composed_name,
    numbers_or_text,
)
from noncoding.settings.downloads import FILE_NAME, file_name, is_url, name_problem

DESCRIPTIVE = ("group", *NAMING, "motif")
"""Columns of text that describe a target; empty if the table has none."""
TELL_APART = ("name", *NAMING)
"""Columns of which at least one differs between any two targets, unless a table numbers them."""
_LOCATION = ("path", *DOWNLOADED)
_REMEDY = "Fill in one of the columns 'path' and 'url'."


class PeakRow(NamedTuple):
    """A row of a table of peak files: a target and the place of its file.

    Attributes
    ----------
    where : str
        The line of the table, for errors.
    path : pathlib.Path or None
        A local file.
    download : dict or None
        A file on a server, as an entry of the configuration: ``url``, a list of addresses, and
        ``sha256``.
    sha256 : str or None
        Expected digest, in lower case.
    description : dict
        ``name``, `DESCRIPTIVE` and ``peak_file`` (text), and further columns of the table, such as
        ``index``: numbers if all of their values are, NaN where a value is missing; else text.
    """

    where: str
    path: Path | None
    download: dict[str, Any] | None
    sha256: str | None
    description: dict[str, Any]


def read_peak_table(path: str | os.PathLike[str]) -> list[PeakRow]:
    """Read a table of peak files, a row per target.

    Parameters
    ----------
    path : path
        As in `noncoding.common.tables.read_table`. Each row has a ``path``, relative to the
        table, or a ``url``: an address, or several of the same file, separated by spaces.
        ``sha256`` and all other columns are optional. A missing column ``name`` is composed of
        ``cell_type``, ``assay`` and ``treatment``; ``peak_file`` is the file's name, unless
        there is such a column. The numbers of ``index`` must be 0, 1, 2, … in order.

    Raises
    ------
    InputError
        The table cannot be read, or lacks a column or rows; a row has no file or two, an address
        or a digest that is not valid, another number, or the file name of another URL; or nothing
        tells two targets apart.
    """
    table = read_table(path)
    _check_columns(table, path)
    wheres = [f"{path}, line {line}" for line in table.lines]
    columns = {name: [row[name] for row in table.rows] for name in table.columns}
    _check_index(columns.get("index", []), wheres)
    typed: dict[str, Sequence[Any]] = {
        name: values if name in TEXT_COLUMNS else numbers_or_text(values)
        for name, values in columns.items()
        if name not in _LOCATION
    }
    rows = []
    for number, (row, where) in enumerate(zip(table.rows, wheres, strict=True)):
        path_given, urls = row.get("path", ""), row.get("url", "").split()
        _check_location(path_given, urls, where)
        digest = _digest(row.get("sha256", ""), where)
        local = Path(path).parent / from_home(path_given) if path_given else None
        download = {"url": list(dict.fromkeys(urls)), "sha256": digest} if urls else None
        name = file_name(download) if download else Path(path_given).name
        naming = [row.get(column, "") for column in NAMING]
        description = {"name": composed_name(*naming)} | dict.fromkeys(DESCRIPTIVE, "")
        description |= {"peak_file": name} | {name: typed[name][number] for name in typed}
        rows.append(PeakRow(where, local, download, digest, description))
    if not rows:
        raise InputError(
            path, "no peak file", "one peak file per target", "Add a row for each of them."
        )
    if "index" not in columns:
        _check_apart(rows)
    return rows


def _check_apart(rows: Sequence[PeakRow]) -> None:
    """Refuse targets without a name, and those that nothing tells apart."""
    named_in: dict[tuple[str, ...], str] = {}
    for row in rows:
        name = row.description["name"]
        described = tuple(str(row.description[column]) for column in TELL_APART)
        if described in named_in:
            raise InputError(
                row.where,
                f"the target name {name!r}, which {named_in[described]} has too, with the same "
                "cell type, assay and treatment",
                "targets that differ in at least one of them, or a table that numbers its targets",
                "Rename or remove one of them, describe them in the columns cell_type, assay and "
                "treatment, or number all rows from 0 in a column 'index'.",
            )
        named_in[described] = row.where


def table_downloads(rows: Sequence[PeakRow], taken: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Files that are fetched for a table: file name → its entry, as in the configuration.

    `taken` are the names of other downloads of the data set, as for
    `noncoding.settings.downloads.name_problem`. The same file may be in several rows.

    Raises
    ------
    InputError
        The name of a file is not valid, or is that of another file.
    """
    found: dict[str, dict[str, Any]] = {}
    wheres: dict[str, str] = {}
    for row in rows:
        if row.download is None:
            continue
        name = file_name(row.download)
        is_first = name not in found
        first = found.setdefault(name, row.download)
        where = wheres.setdefault(name, row.where)
        if first != row.download:
            urls = [redacted(" ".join(each["url"])) for each in (first, row.download)]
            differs = f"URL ({urls[1]}; {urls[0]})" if urls[0] != urls[1] else "URL or digest"
            raise InputError(
                row.where,
                f"the file name '{name}', which is also that of {where}, with another {differs}",
                "one URL and digest for each file name",
                "Correct one of the lines, or download one of the files yourself and give its "
                "path.",
            )
        if is_first and (problem := name_problem(name, taken)):
            raise InputError(
                row.where,
                problem,
                FILE_NAME,
                "Put a URL first whose last part is such a name, or download the file yourself "
                "and give its path.",
            )
    return found


def server(download: Mapping[str, Any]) -> str:
    """The server of the first URL of a file, without a user's name; "this machine" for a path."""
    try:
        return urlsplit(download["url"][0]).hostname or "this machine"
    except ValueError:
        return "unknown"


def _check_columns(table: Table, path: str | os.PathLike[str]) -> None:
    for wanted in (("path", "url"), ("name", *NAMING)):
        if not set(wanted) & set(table.columns):
            raise InputError(
                path,
                f"the columns {', '.join(table.columns)[:500]}",
                f"a column '{wanted[0]}'"
                + (" or 'url'" if len(wanted) == 2 else f", or else {' or '.join(NAMING)}"),
                "Add the column; columns are separated by tabs.",
            )


def _check_index(numbers: Sequence[str], wheres: Sequence[str]) -> None:
    for place, (number, where) in enumerate(zip(numbers, wheres, strict=False)):
        if number != str(place):
            raise InputError(
                where,
                f"the index {number!r}",
                f"{place}: 0, 1, 2, … in order",
                "Number the rows in order, or remove the column 'index'.",
            )


def _check_location(path: str, urls: Sequence[str], where: str) -> None:
    found, remedy = None, _REMEDY
    if not path and not urls:
        found = "neither a path nor a URL"
    elif path and urls:
        found = f"both the path {path!r} and the URL {urls[0]}"
    elif path and "://" in path:
        found, remedy = f"the URL {path} as a path", "Move it to the column 'url'."
    elif wrong := [url for url in urls if not is_url(url)]:
        found = f"the URL {wrong[0]!r}"
        remedy = (
            "Give http://, https:// or file:///; separate several addresses of the file by "
            "spaces, and write a space in an address as %20. A path is for the column 'path'."
        )
    if found:
        raise InputError(where, redacted(found), "the path or the URL of a peak file", remedy)


def _digest(given: str, where: str) -> str | None:
    if given and not re.fullmatch("[0-9a-fA-F]{64}", given):
        raise InputError(
            where,
            f"the sha256 {given!r}",
            "64 hexadecimal digits",
            "Correct it, or leave it empty if it is unknown.",
        )
    return given.lower() or None
