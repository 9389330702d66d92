"""Read peak files from a folder, a tar archive, or a table that lists them.

Imports no heavy library, since the rules list the files, too.
"""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from noncoding.common import files
from noncoding.common.errors import InputError, some_of
from noncoding.common.files import correct_path
from noncoding.data.archive import members
from noncoding.data.genome.peak_table import DESCRIPTIVE, read_peak_table, server
from noncoding.data.genome.quantitative import refuse_quantitative
from noncoding.settings.downloads import file_name
from noncoding.settings.genome import PeakArchive, PeakFolder, Peaks, PeakTable

_ENDING = re.compile(
    # MACS names its files NAME_peaks.narrowPeak and NAME_summits.bed.
    r"(_peaks|_summits)?\.(?P<kind>narrowPeak|broadPeak|gappedPeak|bed)\d*(\.(b?gz|bz2|xz))?$",
    re.IGNORECASE,
)
_KINDS = ".bed, .narrowPeak, .broadPeak or .gappedPeak, which .gz, .bz2 or .xz may follow"


class PeakFile(NamedTuple):
    """One peak file and the description of its target.

    Attributes
    ----------
    description : dict
        Columns of the target table: ``name``, `DESCRIPTIVE` and ``peak_file`` (text), and further
        columns of a table. ``peak_file`` is the path relative to the folder, the name of the
        archive's member, or the name of the file that a table lists.
    where : str
        The file, for errors.
    named_in : str
        Where the target's name is given: the file, or the line of the table.
    content : bytes
        The whole file.
    """

    description: dict[str, Any]
    where: str
    named_in: str
    content: bytes


def peak_paths(
    source: PeakFolder | PeakTable, fetched: str | os.PathLike[str] | None = None
) -> list[Path]:
    """The files that a source is read from; of a table, the first is the table itself.

    Parameters
    ----------
    source : PeakFolder or PeakTable
    fetched : path
        Folder into which the files of a table with URLs are fetched.

    Raises
    ------
    InputError
        The folder has no peak files, or those of several kinds without a pattern; the table cannot
        be read, or has URLs although nothing is fetched; or the name of a file is not UTF-8.
    """
    if isinstance(source, PeakFolder):
        return _folder_files(source)
    paths = [Path(source.table)]
    for row in read_peak_table(source.table):
        if row.path is not None:
            paths.append(row.path)
        elif fetched is not None and row.download is not None:
            paths.append(Path(fetched, file_name(row.download)))
        else:
            raise InputError(
                row.where,
                "a URL, whose file has not been fetched",
                "a table that exists before the run starts, so that its files are fetched",
                "Run again: the table is there.",
            )
    return paths


def origin(source: Peaks, given: Sequence[str | os.PathLike[str]]) -> str:
    """The folder, archive or table of a source, for errors; `given` as in `peak_files`."""
    if isinstance(source, PeakArchive):
        return str(given[0])
    return source.folder if isinstance(source, PeakFolder) else source.table


def peak_files(source: Peaks, given: Sequence[str | os.PathLike[str]] = ()) -> Iterator[PeakFile]:
    """Read the peak files of a source, one at a time.

    Parameters
    ----------
    source : PeakFolder, PeakArchive or PeakTable
        A folder or archive has one file per target, named after it. In an archive, ``*`` of the
        pattern also matches slashes. A table is read as by
        `noncoding.data.genome.peak_table.read_peak_table`.
    given : sequence of path
        Of a `PeakArchive`, the fetched file, of which nothing is unpacked to disk. Of a
        `PeakTable`, the table and the file of each of its rows; without files, or at all, they
        are read where the table says. Of a `PeakFolder`, ignored.

    Yields
    ------
    PeakFile
        In the order of the paths, the archive or the table.

    Raises
    ------
    InputError
        No file matches, files are of several kinds without a pattern, a file cannot be read, is
        not the one of its digest or has quantitative values, its name does not end in the suffix,
        or the table is not valid.
    """
    if isinstance(source, PeakArchive):
        return _in_archive(source, str(given[0]))
    return _in_folder(source) if isinstance(source, PeakFolder) else _in_table(source, given)


def table_source(source: Peaks, given: Sequence[str | os.PathLike[str]]) -> dict[str, Any]:
    """What identifies a table of peak files, for the header of a store; empty for other sources.

    Returns
    -------
    dict
        ``peaks_table_sha256``, the digest of the table, and ``peaks_servers``, the name of each
        server and the number of rows whose file is fetched from there first.
    """
    if not isinstance(source, PeakTable):
        return {}
    table = given[0] if given else source.table
    servers = Counter(server(row.download) for row in read_peak_table(table) if row.download)
    return {"peaks_table_sha256": files.sha256(table), "peaks_servers": dict(servers)}


def target_name(file: str, suffix: str | None = None) -> str:
    """The target that a peak file is named after; empty if its name has another ending.

    Examples
    --------
    >>> target_name("CTCF_peaks.narrowPeak.gz"), target_name("CTCF.txt", ".txt")
    ('CTCF', 'CTCF')
    """
    if suffix is None:
        return _ENDING.sub("", file).strip() if _ENDING.search(file) else ""
    ends = (suffix, f"{suffix}.gz")
    return next((file.removesuffix(end).strip() for end in ends if file.endswith(end)), "")


def _is_hidden(name: str) -> bool:
    """Whether a file is hidden, such as those that macOS keeps beside others (``._a.bed``)."""
    path = PurePosixPath(name)
    return path.name.startswith(".") or "__MACOSX" in path.parts


def _folder_files(source: PeakFolder) -> list[Path]:
    folder = Path(source.folder)
    if not folder.is_dir():
        found = "a file" if folder.exists() else "no such folder"
        remedy = correct_path(folder)
        if {"*", "?"} & set(source.folder):
            remedy = "Give the folder alone, and the names of its files with the key 'pattern'."
        raise InputError(folder, found, "a folder of peak files", remedy)
    try:
        found_paths = sorted(folder.glob(source.pattern or "*"))
    except (NotImplementedError, ValueError, IndexError) as error:
        raise InputError(
            folder,
            f"the pattern {source.pattern!r} ({error})",
            "a pattern relative to the folder, such as *.narrowPeak",
            "Correct the pattern.",
        ) from error
    names = {path: path.relative_to(folder).as_posix() for path in found_paths}
    paths = [path for path, name in names.items() if _is_wanted(source, name)]
    for path in paths:
        _require_utf8(str(path), "file")
        if path.is_symlink() and not path.exists():
            raise InputError(
                path, "a link that leads nowhere", "a peak file", "Correct or delete the link."
            )
    paths = [path for path in paths if path.is_file()]
    if not paths:
        raise _no_peak_file(source, str(folder), (path.name for path in sorted(folder.iterdir())))
    _require_one_kind(source, str(folder), [path.name for path in paths])
    return paths


def _is_wanted(source: PeakFolder | PeakArchive, name: str) -> bool:
    """Whether a file is a peak file by its name, unless a pattern has chosen it."""
    return not _is_hidden(name) and (source.pattern is not None or bool(_ENDING.search(name)))


def _require_one_kind(source: PeakFolder | PeakArchive, where: str, names: list[str]) -> None:
    """Refuse files of several kinds, which may be of the same peaks, unless a pattern is given."""
    if source.pattern is not None:
        return
    found = {name: ending for name in names if (ending := _ENDING.search(name))}
    kinds = {ending["kind"].lower(): name for name, ending in found.items()}
    if len(kinds) > 1:
        first = next(iter(kinds.values()))
        raise InputError(
            where,
            f"peak files of {len(kinds)} kinds, such as {some_of(kinds.values())}",
            "files of one kind, since others may be of the same peaks",
            f"Choose the files with the key 'pattern' of the peaks, such as '*{found[first][0]}', "
            "or use all files with the pattern '*'.",
        )


def _no_peak_file(
    source: PeakFolder | PeakArchive, where: str, others: Iterable[str]
) -> InputError:
    """The error for a folder or archive in which no file is a peak file."""
    names = [name for name in others if not _is_hidden(name)]
    sought = f"nothing like {source.pattern!r}" if source.pattern else "no peak file"
    remedy = "Correct the path or the key 'pattern' of the peaks."
    if source.pattern is None:
        remedy = (
            "Correct the path; or set the key 'pattern' of the peaks to choose files with other "
            "names (pattern: '*.txt'), or in folders within this one (pattern: '*/*.bed')."
        )
    return InputError(
        where,
        f"{sought}, only {some_of(names)}" if names else f"{sought}: it is empty",
        "one peak file per target"
        + ("" if source.pattern else f", with a name that ends in {_KINDS}"),
        remedy,
    )


def _in_folder(source: PeakFolder) -> Iterator[PeakFile]:
    for path in _folder_files(source):
        relative = path.relative_to(source.folder).as_posix()
        yield _named_file(source, relative, str(path), path.read_bytes())


def _in_archive(source: PeakArchive, archive: str) -> Iterator[PeakFile]:
    used: list[str] = []
    others: list[str] = []
    for member in members(archive):
        if member.is_folder:
            continue
        fits = source.pattern is None or fnmatchcase(member.name, source.pattern)
        if not fits or not _is_wanted(source, member.name):
            others.append(member.name)
            continue
        where = f"{archive}:{member.name}"
        _require_utf8(where, "member")
        used.append(member.name)
        _require_one_kind(source, archive, [used[0], member.name])
        yield _named_file(source, member.name, where, member.content())
    if not used:
        raise _no_peak_file(source, archive, others)


def _named_file(
    source: PeakFolder | PeakArchive, path: str, where: str, content: bytes
) -> PeakFile:
    """A file whose target is named by it."""
    refuse_quantitative(content, where)
    name = PurePosixPath(path).name
    target = target_name(name, source.suffix)
    if not target:
        raise InputError(
            where,
            f"the name {name!r}",
            "the target's name followed by "
            + (_KINDS if source.suffix is None else repr(source.suffix)),
            "Set the key 'suffix' of the peaks to what follows the target's name in all files.",
        )
    description = {"name": target} | dict.fromkeys(DESCRIPTIVE, "")
    description |= {"group": source.group, "peak_file": path}
    return PeakFile(description, where, where, content)


def _in_table(source: PeakTable, given: Sequence[str | os.PathLike[str]]) -> Iterator[PeakFile]:
    table = given[0] if given else source.table
    rows = read_peak_table(table)
    if not rows:
        raise InputError(
            table, "no peak file", "one peak file per target", "Add a row for each of them."
        )
    paths = list(map(Path, given[1:])) or peak_paths(source)[1:]
    if len(paths) != len(rows):
        raise InputError(
            table, f"{len(rows)} rows", f"{len(paths)}, as when the run started", "Run again."
        )
    for row, path in zip(rows, paths, strict=True):
        if not path.is_file():
            raise InputError(
                row.where,
                f"the path '{path}', where no file is",
                "a peak file; its path is relative to the table",
                "Correct the path.",
            )
        content = path.read_bytes()
        if row.sha256 and (digest := sha256(content).hexdigest()) != row.sha256:
            raise InputError(
                row.where,
                f"sha256 {digest} of {path}",
                f"sha256 {row.sha256}",
                "Correct the digest, or put the right file there.",
            )
        refuse_quantitative(content, str(path))
        yield PeakFile(row.description, str(path), row.where, content)


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
