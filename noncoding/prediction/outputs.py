"""Files of results: the suffix, which gives the format, and the folder of an unfinished run."""

import os
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from noncoding.common.errors import InputError, some_of
from noncoding.layout import UNFINISHED


def checked_suffix(
    out: str | os.PathLike[str],
    suffixes: Collection[str],
    expected: str,
    inputs: Iterable[str | os.PathLike[str]] = (),
) -> str:
    """The suffix of an output, one of `suffixes`; of a folder, the empty one.

    Parameters
    ----------
    out : path
    suffixes : collection of str
        ``""`` if the output may be a folder.
    expected : str
        What they are, for the error.
    inputs : iterable of path
        Files of the same run, which may not be overwritten.

    Raises
    ------
    InputError
        It has another suffix, or is one of the inputs; or a file is to be written and there is a
        folder of this name.
    """
    path = Path(out)
    # A name that is nothing but a suffix has none.
    known = (one for one in suffixes if one and path.name.endswith(one) and path.name != one)
    suffix = next(known, path.suffix)
    if suffix not in suffixes:
        found = "".join(path.suffixes[-2:])
        raise InputError(
            path,
            f"the suffix {found!r}" if found else "no suffix",
            expected,
            "Give the output another name: its suffix gives the format.",
        )
    if suffix and path.is_dir():
        raise InputError(path, "a folder", f"a file {suffix}, or nothing", "Give another name.")
    if any(path.exists() and Path(each).exists() and path.samefile(each) for each in inputs):
        raise InputError(path, "a file that is read", "another file", "Choose another name.")
    return suffix


def check_replaced(
    folder: str | os.PathLike[str], own: Callable[[str], bool], expected: str, remedy: str
) -> None:
    """Refuse to replace a folder that has other files than those whose names are `own`.

    `expected` and `remedy` are those of the `InputError`.
    """
    path = Path(folder)
    if path.exists():
        files = sorted(each.name for each in path.iterdir()) if path.is_dir() else [path.name]
        if others := [name for name in files if not own(name)]:
            raise InputError(path, some_of(others), expected, remedy)


def unfinished_folder(out: str | os.PathLike[str]) -> Path:
    """The folder of the finished shards of an output that is being computed."""
    return Path(f"{Path(out).absolute()}.{UNFINISHED}")
