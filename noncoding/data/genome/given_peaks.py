"""Peak files that a person names, and the key ``peaks`` that stands for them."""

import csv
import glob
import io
import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath
from typing import NamedTuple

from noncoding.common.errors import InputError, some_of
from noncoding.common.files import correct_path, from_home, not_a_file
from noncoding.data.genome.peaks import target_name
from noncoding.settings.genome import PeakFolder

_REFUSED = re.compile(r"[{}\x00-\x1f\x7f\ud800-\udfff]")
_WILDCARDS = {"*", "?", "["}
_COLUMNS = ("path", "name", "group")


class GivenPeaks(NamedTuple):
    """Peak files, their targets, and how a configuration names them.

    Attributes
    ----------
    files : list of Path
    names : list of str
        The target of each file, all different.
    settings : dict
        The value of the key ``peaks``.
    table : str
        Content of the table that `settings` names; empty if it names a folder.
    """

    files: list[Path]
    names: list[str]
    settings: dict[str, str]
    table: str


def find_peak_files(patterns: Iterable[str]) -> list[Path]:
    """The files that paths and patterns (``*``, ``?``, ``[…]``, ``**``) name, each once, sorted.

    Raises
    ------
    InputError
        A path or pattern names no file, or a folder; or the path of a file holds braces, control
        characters or other bytes than UTF-8, which the pipeline does not accept.
    """
    found: dict[str, Path] = {}
    for pattern in patterns:
        path = from_home(pattern)
        if path.is_dir():
            raise InputError(
                pattern,
                "a folder",
                "peak files",
                f"Give a pattern of the files in it, such as '{pattern.rstrip('/')}/*.narrowPeak'.",
            )
        exact = path.is_file() or not _WILDCARDS & set(pattern)
        paths = [path] if exact else map(Path, glob.glob(str(path), recursive=True))  # noqa: PTH207
        files = [each for each in paths if each.is_file()]
        if not files:
            raise InputError(
                pattern,
                (exact and not_a_file(path)) or "no file that matches",
                "a BED or narrowPeak file, or a pattern of several",
                correct_path(path),
            )
        found |= {os.path.abspath(each): each for each in files}  # noqa: PTH100 – links are kept
    for path in found.values():
        text = str(path)
        if _REFUSED.search(text):
            raise InputError(
                text.encode(errors="surrogateescape").decode(errors="backslashreplace"),
                "a path with braces, control characters or bytes that are not UTF-8",
                "a path of other characters",
                "Rename the file or folder, or make a link with another name.",
            )
    return [found[path] for path in sorted(found)]


def given_peaks(files: Sequence[Path], table: Path, patterns: Iterable[str] = ()) -> GivenPeaks:
    """Name the targets of peak files, and choose the key ``peaks`` for them.

    Files of one folder are named by a pattern that no other file in it matches, where there is
    one; other files by a table, whose paths are relative to its own folder. So are several files
    of the working directory, where regions and results are often written later, unless they were
    given by a pattern.

    Parameters
    ----------
    files : sequence of Path
    table : Path
        Where the table is to be written, if one is needed.
    patterns : iterable of str
        Patterns by which the files were found.

    Raises
    ------
    InputError
        Two files in a folder have the same target.
    """
    paths = [Path(os.path.abspath(path)) for path in files]  # noqa: PTH100
    suffix = _suffix(paths)
    names = [target_name(path.name, suffix) or path.stem for path in paths]
    _refuse_same_target(paths, names)
    names = _distinct(paths, names)
    folder = paths[0].parent
    named_by_rule = names == [target_name(path.name, suffix) for path in paths]
    if named_by_rule and {path.parent for path in paths} == {folder}:
        here = folder == Path.cwd()
        for pattern in _patterns(
            [path.name for path in paths], patterns, in_working_directory=here
        ):
            chosen = PeakFolder(folder=str(folder), pattern=pattern)
            if _selected(chosen) == set(paths):
                settings = {"folder": portable(folder), "pattern": pattern}
                if suffix is not None:
                    settings["suffix"] = suffix
                return GivenPeaks([*files], names, settings, "")
    content = io.StringIO()
    rows = [
        [portable(path, table.parent), name, "targets"]
        for path, name in zip(paths, names, strict=True)
    ]
    csv.writer(content, delimiter="\t", lineterminator="\n").writerows([_COLUMNS, *rows])
    return GivenPeaks([*files], names, {"table": portable(table)}, content.getvalue())


def portable(path: str | os.PathLike[str], folder: str | os.PathLike[str] = ".") -> str:
    """A path relative to a folder if it is below it, else absolute; links are kept."""
    absolute, start = (Path(os.path.abspath(each)) for each in (path, folder))  # noqa: PTH100
    if not absolute.is_relative_to(start):
        return str(absolute)
    relative = str(absolute.relative_to(start))
    return f"./{relative}" if relative.startswith("~") else relative


def _suffix(paths: Sequence[Path]) -> str | None:
    """The key ``suffix``, if the names of targets need it and all files have the same one."""
    if all(target_name(path.name) for path in paths):
        return None
    endings = {PurePath(path.name.removesuffix(".gz")).suffix for path in paths}
    suffix = endings.pop()
    return suffix if suffix and not endings else None


def _patterns(
    names: Sequence[str], given: Iterable[str], *, in_working_directory: bool
) -> list[str]:
    """Patterns that may match all names and no others: given ones first, then the shortest."""
    if len(names) == 1:
        return [glob.escape(names[0])]
    first = names[0]
    endings = [first[place:] for place, letter in enumerate(first) if letter in "._-"]
    endings = [each for each in endings if all(name.endswith(each) for name in names)]
    own = [PurePath(pattern).name for pattern in given if _WILDCARDS & set(pattern)]
    if in_working_directory:
        return own
    return [*own, *(f"*{glob.escape(each)}" for each in sorted(endings, key=len)), "*"]


def _selected(source: PeakFolder) -> set[Path]:
    """Files that a folder's pattern matches, but for hidden ones, which the pipeline skips."""
    matching = Path(source.folder).glob(source.pattern or "*")
    return {path for path in matching if path.is_file() and not path.name.startswith(".")}


def _refuse_same_target(paths: Sequence[Path], names: Sequence[str]) -> None:
    first: dict[tuple[Path, str], Path] = {}
    for path, name in zip(paths, names, strict=True):
        other = first.setdefault((path.parent, name), path)
        if other != path:
            raise InputError(
                path.parent,
                f"{other.name} and {path.name}, both of the target {name!r}",
                "one peak file per target",
                "Give one of them, for example by a pattern of its ending, such as "
                f"'*{''.join(path.suffixes)}'; or rename one, if they are of different targets.",
            )


def _distinct(paths: Sequence[Path], names: Sequence[str]) -> list[str]:
    """Names of targets; those of several files after what tells their folders apart."""
    counts = Counter(names)
    result = list(names)
    for shared in (name for name, count in counts.items() if count > 1):
        places = [place for place, name in enumerate(names) if name == shared]
        folders = [paths[place].parent.parts for place in places]
        depth = max(map(len, folders))
        # From the end, so that folders of different depth are compared by their last parts.
        aligned = [("",) * (depth - len(parts)) + parts for parts in folders]
        differ = [len(set(column)) > 1 for column in zip(*aligned, strict=True)]
        for place, parts in zip(places, aligned, strict=True):
            telling = [part for part, differs in zip(parts, differ, strict=True) if differs]
            result[place] = "_".join([*filter(lambda part: part.strip("/"), telling), shared])
    if len(set(result)) < len(result):
        shared_names = [name for name, count in Counter(result).items() if count > 1]
        raise InputError(
            "peak files",
            f"several of the target {some_of(shared_names)}",
            "files whose names, or names after those of their folders, differ",
            "Rename some of them.",
        )
    return result
