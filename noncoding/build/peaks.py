"""Where peak files come from: a folder, a tar archive, or a table."""

import os
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

import pandas as pd

from noncoding.errors import InputError

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
    content : bytes
        The whole file.
    """

    name: str
    peak_file: str
    where: str
    content: bytes
    group: str
    cell_type: str = ""
    assay: str = ""
    treatment: str = ""
    motif: str = ""


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


def _in_folder(source: PeakFolder) -> Iterator[PeakFile]:
    folder = Path(source.folder)
    for path in sorted(folder.glob(source.pattern)):
        if path.is_file():
            yield PeakFile(
                name=_target_name(path.name, source.suffix, path),
                peak_file=path.relative_to(folder).as_posix(),
                where=str(path),
                content=path.read_bytes(),
                group=source.group,
            )


def _in_archive(source: PeakArchive) -> Iterator[PeakFile]:
    try:
        with tarfile.open(source.archive) as archive:
            for member in archive:
                if not (member.isfile() and fnmatchcase(member.name, source.pattern)):
                    continue
                where = f"{source.archive}:{member.name}"
                handle = archive.extractfile(member)
                assert handle is not None, "only links and folders have no content"
                yield PeakFile(
                    name=_target_name(PurePosixPath(member.name).name, source.suffix, where),
                    peak_file=member.name,
                    where=where,
                    content=handle.read(),
                    group=source.group,
                )
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise InputError(
            source.archive,
            f"what cannot be read as an archive ({error})",
            "a whole tar archive, plain or compressed",
            "Get the archive anew, or correct its path.",
        ) from error


def _in_table(source: PeakTable) -> Iterator[PeakFile]:
    for row, fields in enumerate(_read_table(source.table).to_dict("records"), start=1):
        path = Path(source.table).parent / fields["path"]
        if not path.is_file():
            raise InputError(
                f"{source.table}, row {row}",
                f"the path {fields['path']!r}, where no file is",
                "a peak file, relative to the table",
                "Correct the path.",
            )
        yield PeakFile(
            name=fields["name"],
            peak_file=fields["path"],
            where=str(path),
            content=path.read_bytes(),
            group=fields["group"] or source.group,
            cell_type=fields["cell_type"],
            assay=fields["assay"],
            treatment=fields["treatment"],
            motif=fields["motif"],
        )


def _read_table(path: str | os.PathLike[str]) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise InputError(
            path, f"what cannot be read ({error})", "a tab-separated table", "Correct the file."
        ) from error
    for column in TABLE_REQUIRED:
        if column not in table:
            raise InputError(
                path,
                f"the columns {', '.join(table.columns)}",
                f"a column '{column}'",
                "Add the column; columns are separated by tabs.",
            )
    return table.reindex(columns=[*TABLE_REQUIRED, *TABLE_OPTIONAL], fill_value="")


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
