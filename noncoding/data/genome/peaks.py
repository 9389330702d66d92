"""Where peak files come from: a folder, a tar archive, or a table.

Light, since the rules list them, too.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from noncoding.common.errors import InputError
from noncoding.common.files import from_home
from noncoding.common.tables import Table, read_table
from noncoding.data.archive import members

TABLE_REQUIRED = ("path", "name")
TABLE_OPTIONAL = ("group", "cell_type", "assay", "treatment", "motif")


@dataclass(frozen=True)
class PeakFolder:
    """Peak files in a folder, one a target, sorted by name.

    Attributes
    ----------
    folder : path
    pattern : str
        Glob pattern relative to the folder, such as ``*.narrowPeak.gz``.
    suffix : str
        What to take off a file's name, together with a ``.gz`` behind it, to
        have the target's name.
    group : str
        Of all targets.
    """

    folder: str | os.PathLike[str]
    pattern: str
    suffix: str
    group: str


@dataclass(frozen=True)
class PeakArchive:
    """Peak files in a tar archive, one a target, sorted by name.

    Attributes
    ----------
    archive : path
        Plain or compressed; read as it stands, nothing is unpacked to disk.
    pattern : str
        Shell pattern for the full name of a member; ``*`` spans slashes.
    suffix, group : str
        As in `PeakFolder`.
    """

    archive: str | os.PathLike[str]
    pattern: str
    suffix: str
    group: str


@dataclass(frozen=True)
class PeakTable:
    """Peak files listed in a table, one row a target, in the order of the table.

    Attributes
    ----------
    table : path
        Tab-separated, with a header: `TABLE_REQUIRED` (paths relative to the
        table) and any of `TABLE_OPTIONAL`.
    group : str
        Where the table gives none.
    """

    table: str | os.PathLike[str]
    group: str = ""


PeakSource = PeakFolder | PeakArchive | PeakTable


@dataclass(frozen=True)
class PeakFile:
    """One peak file, as it came, and the target that it stands for.

    Attributes
    ----------
    name, group, cell_type, assay, treatment, motif : str
        What the target table says of the target.
    peak_file : str
        Path relative to the folder or table, or name of the archive's member.
    where : str
        The file as a person can find it, for errors.
    named_in : str
        Where the target's name stands: the file, or the line of the table.
    content : bytes
        The whole file.
    """

    name: str
    peak_file: str
    where: str
    named_in: str
    content: bytes
    group: str
    cell_type: str = ""
    assay: str = ""
    treatment: str = ""
    motif: str = ""


def peak_source(
    settings: Mapping[str, Any], archive: str | os.PathLike[str] | None = None
) -> PeakSource:
    """The source that a configuration names.

    Parameters
    ----------
    settings : mapping
        The key ``peaks`` of a data set.
    archive : path, optional
        Where the archive, if it is one, has been fetched to.
    """
    naming = {key: settings[key] for key in ("pattern", "suffix", "group") if key in settings}
    if archive is not None:
        return PeakArchive(archive, **naming)
    if "folder" in settings:
        return PeakFolder(Path(settings["folder"]), **naming)
    return PeakTable(Path(settings["table"]))


def peak_paths(source: PeakFolder | PeakTable) -> list[Path]:
    """The files on disk that a source is read from: a table is the first of its own.

    Raises
    ------
    InputError
        The table cannot be read, or the name of a file is not UTF-8.
    """
    match source:
        case PeakFolder():
            return _folder_files(source)
        case PeakTable():
            listed = _read_peak_table(source.table).rows
            return [Path(source.table), *(_table_path(source, row["path"]) for row in listed)]


def origin(source: PeakSource) -> str:
    """The folder, archive or table of a source, for errors."""
    match source:
        case PeakFolder():
            return str(source.folder)
        case PeakArchive():
            return str(source.archive)
        case PeakTable():
            return str(source.table)


def peak_files(source: PeakSource) -> Iterator[PeakFile]:
    """Read the peak files of a source, one at a time.

    Parameters
    ----------
    source : PeakFolder, PeakArchive or PeakTable

    Yields
    ------
    PeakFile
        In the order of the paths, the archive or the table.

    Raises
    ------
    InputError
        No file matches, a file cannot be read, or its name does not end in
        the suffix, or the table lacks a column.
    """
    match source:
        case PeakFolder():
            files = _in_folder(source)
        case PeakArchive():
            files = _in_archive(source)
        case PeakTable():
            files = _in_table(source)
    found = False
    for file in files:
        found = True
        yield file
    if not found:
        raise InputError(
            origin(source),
            "no peak file" if isinstance(source, PeakTable) else f"nothing like {source.pattern!r}",
            "one peak file a target",
            "Correct the pattern or the path.",
        )


def _is_wanted(name: str) -> bool:
    """Whether a file is not hidden, as those that macOS keeps beside others (``._a.bed``) are."""
    path = PurePosixPath(name)
    return not path.name.startswith(".") and "__MACOSX" not in path.parts


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
    wanted = [path for path in found if _is_wanted(path.relative_to(folder).as_posix())]
    for path in wanted:
        _require_utf8(str(path), "file")
        if path.is_symlink() and not path.exists():
            raise InputError(
                path, "a link that leads nowhere", "a peak file", "Correct or delete the link."
            )
    return [path for path in wanted if path.is_file()]


def _in_folder(source: PeakFolder) -> Iterator[PeakFile]:
    for path in _folder_files(source):
        yield PeakFile(
            name=_target_name(path.name, source.suffix, path),
            peak_file=path.relative_to(source.folder).as_posix(),
            where=str(path),
            named_in=str(path),
            content=path.read_bytes(),
            group=source.group,
        )


def _in_archive(source: PeakArchive) -> Iterator[PeakFile]:
    for member in members(source.archive):
        wanted = fnmatchcase(member.name, source.pattern) and _is_wanted(member.name)
        if not wanted or member.is_folder:
            continue
        where = f"{source.archive}:{member.name}"
        _require_utf8(where, "member")
        yield PeakFile(
            name=_target_name(PurePosixPath(member.name).name, source.suffix, where),
            peak_file=member.name,
            where=where,
            named_in=where,
            content=member.content(),
            group=source.group,
        )


def _in_table(source: PeakTable) -> Iterator[PeakFile]:
    table = _read_peak_table(source.table)
    for fields, line in zip(table.rows, table.lines, strict=True):
        path = _table_path(source, fields["path"])
        where = f"{source.table}, line {line}"
        if not path.is_file():
            raise InputError(
                where,
                f"the path {fields['path']!r}, where no file is",
                "a peak file, relative to the table",
                "Correct the path.",
            )
        optional = {column: fields.get(column, "") for column in TABLE_OPTIONAL}
        yield PeakFile(
            name=fields["name"],
            peak_file=fields["path"],
            where=str(path),
            named_in=where,
            content=path.read_bytes(),
            **optional | {"group": optional["group"] or source.group},
        )


def _read_peak_table(path: str | os.PathLike[str]) -> Table:
    return read_table(path, required=TABLE_REQUIRED)


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


def _target_name(file_name: str, suffix: str, where: str | os.PathLike[str]) -> str:
    for end in (suffix, f"{suffix}.gz"):
        if file_name.endswith(end) and file_name != end:
            return file_name.removesuffix(end)
    raise InputError(
        where,
        f"the name {file_name!r}",
        f"the target's name followed by {suffix!r}",
        "Set the suffix to what follows the target's name in all files.",
    )
