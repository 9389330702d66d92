"""Read peak files from a folder, a tar archive, or a table that lists them.

Imports no heavy library, since the rules list the files, too.
"""

import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from noncoding.common.errors import InputError
from noncoding.common.files import from_home
from noncoding.common.tables import read_table
from noncoding.data.archive import members
from noncoding.settings.datasets import PeakArchive, PeakFolder, Peaks, PeakTable

DESCRIPTIVE = ("group", "cell_type", "assay", "treatment", "motif")
"""Optional columns of a table of peak files."""


class PeakFile(NamedTuple):
    """One peak file and the description of its target.

    Attributes
    ----------
    description : dict
        Columns of the target table: ``name``, `DESCRIPTIVE`, and ``peak_file``, the path relative
        to the folder or table, or the name of the archive's member.
    where : str
        The file, for errors.
    named_in : str
        Where the target's name is given: the file, or the line of the table.
    content : bytes
        The whole file.
    """

    description: dict[str, str]
    where: str
    named_in: str
    content: bytes


def peak_paths(source: PeakFolder | PeakTable) -> list[Path]:
    """The files that a source is read from; of a table, the first is the table itself.

    Raises
    ------
    InputError
        The table cannot be read, or the name of a file is not UTF-8.
    """
    if isinstance(source, PeakFolder):
        return _folder_files(source)
    rows = read_table(source.table, required=("path", "name")).rows
    return [Path(source.table), *(_table_path(source, row["path"]) for row in rows)]


def origin(source: Peaks, archive: str | os.PathLike[str] | None) -> str:
    """The folder, archive or table of a source, for errors."""
    if isinstance(source, PeakArchive):
        return str(archive)
    return source.folder if isinstance(source, PeakFolder) else source.table


def peak_files(source: Peaks, archive: str | os.PathLike[str] | None = None) -> Iterator[PeakFile]:
    """Read the peak files of a source, one at a time.

    Parameters
    ----------
    source : PeakFolder, PeakArchive or PeakTable
        A folder or archive has one file per target, named after it. In an archive, ``*`` of the
        pattern also matches slashes. A table has one row per target: ``path`` (relative to the
        table), ``name`` and any of `DESCRIPTIVE`.
    archive : path
        The fetched file of a `PeakArchive`; nothing is unpacked to disk.

    Yields
    ------
    PeakFile
        In the order of the paths, the archive or the table.

    Raises
    ------
    InputError
        No file matches, a file cannot be read, its name does not end in the suffix, or the table
        lacks a column.
    """
    if isinstance(source, PeakArchive):
        files = _in_archive(source, origin(source, archive))
    else:
        files = _in_folder(source) if isinstance(source, PeakFolder) else _in_table(source)
    first = next(files, None)
    if first is None:
        raise InputError(
            origin(source, archive),
            "no peak file" if isinstance(source, PeakTable) else f"nothing like {source.pattern!r}",
            "one peak file per target",
            "Correct the pattern or the path.",
        )
    yield first
    yield from files


def _is_hidden(name: str) -> bool:
    """Whether a file is hidden, such as those that macOS keeps beside others (``._a.bed``)."""
    path = PurePosixPath(name)
    return path.name.startswith(".") or "__MACOSX" in path.parts


def _folder_files(source: PeakFolder) -> list[Path]:
    folder = Path(source.folder)
    if not folder.is_dir():
        raise InputError(folder, "no such folder", "a folder of peak files", "Correct the path.")
    try:
        found = sorted(folder.glob(source.pattern))
    except (NotImplementedError, ValueError, IndexError) as error:
        raise InputError(
            folder,
            f"the pattern {source.pattern!r} ({error})",
            "a pattern relative to the folder, such as *.narrowPeak",
            "Correct the pattern.",
        ) from error
    found = [path for path in found if not _is_hidden(path.relative_to(folder).as_posix())]
    for path in found:
        _require_utf8(str(path), "file")
        if path.is_symlink() and not path.exists():
            raise InputError(
                path, "a link that leads nowhere", "a peak file", "Correct or delete the link."
            )
    return [path for path in found if path.is_file()]


def _in_folder(source: PeakFolder) -> Iterator[PeakFile]:
    for path in _folder_files(source):
        relative = path.relative_to(source.folder).as_posix()
        yield _named_file(source, relative, str(path), path.read_bytes())


def _in_archive(source: PeakArchive, archive: str) -> Iterator[PeakFile]:
    for member in members(archive):
        unwanted = not fnmatchcase(member.name, source.pattern) or _is_hidden(member.name)
        if unwanted or member.is_folder:
            continue
        where = f"{archive}:{member.name}"
        _require_utf8(where, "member")
        yield _named_file(source, member.name, where, member.content())


def _named_file(
    source: PeakFolder | PeakArchive, path: str, where: str, content: bytes
) -> PeakFile:
    """A file whose target is named by it."""
    name = PurePosixPath(path).name
    for end in (source.suffix, f"{source.suffix}.gz"):
        if name.endswith(end) and name != end:
            target = name.removesuffix(end).strip()
            description = {"name": target} | dict.fromkeys(DESCRIPTIVE, "")
            description |= {"group": source.group, "peak_file": path}
            return PeakFile(description, where, where, content)
    raise InputError(
        where,
        f"the name {name!r}",
        f"the target's name followed by {source.suffix!r}",
        "Set the suffix to what follows the target's name in all files.",
    )


def _in_table(source: PeakTable) -> Iterator[PeakFile]:
    table = read_table(source.table, required=("path", "name"))
    for row, line in zip(table.rows, table.lines, strict=True):
        path = _table_path(source, row["path"])
        where = f"{source.table}, line {line}"
        if not path.is_file():
            raise InputError(
                where,
                f"the path {row['path']!r}, where no file is",
                "a peak file, relative to the table",
                "Correct the path.",
            )
        description = {column: row.get(column, "") for column in ("name", *DESCRIPTIVE)}
        yield PeakFile(
            description | {"peak_file": row["path"]}, str(path), where, path.read_bytes()
        )


def _table_path(source: PeakTable, path: str) -> Path:
    return Path(source.table).parent / from_home(path)


def _require_utf8(path: str, kind: str) -> None:
    """Refuse a name of other bytes, which Python keeps as surrogates, and HDF5 and JSON cannot."""
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise InputError(
            path.encode(errors="surrogateescape").decode(errors="backslashreplace"),
            "a name that is not UTF-8",
            "a name in UTF-8",
            f"Rename the {kind}.",
        ) from error
