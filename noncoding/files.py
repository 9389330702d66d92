"""Files that appear whole under their final name, or not at all."""

import glob
import hashlib
import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

TEMPORARY = ".temporary-"
"""What the names begin with that no file keeps."""


@contextmanager
def written_whole(*paths: str | os.PathLike[str]) -> Iterator[list[Path]]:
    """Write beside the final names, and rename when all is written.

    Parameters
    ----------
    *paths : path
        Final names. Missing parent folders are made.

    Yields
    ------
    list of Path
        One temporary name a path (see `temporary`).

    Notes
    -----
    If the body raises, the temporary files are removed and whatever stood
    under the final names before is left as it was.
    """
    finals = [Path(path) for path in paths]
    with ExitStack() as stack:
        partials = [stack.enter_context(temporary(final)) for final in finals]
        yield partials
        for partial, final in zip(partials, finals, strict=True):
            partial.replace(final)


@contextmanager
def temporary(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A name beside a file or folder, for what must not outlive the body.

    Parameters
    ----------
    path : path
        Of the file or folder. Missing parent folders are made.

    Yields
    ------
    Path
        Of this process alone, with the ending of `path`. What killed processes of
        this machine left behind under such names is removed.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The machine's name, because another one may share the folder.
    prefix = f"{TEMPORARY}{platform.node()}-"
    for left in path.parent.glob(f"{glob.escape(prefix)}*-{glob.escape(path.name)}"):
        process = left.name.removeprefix(prefix).partition("-")[0]
        if process.isdigit() and not psutil.pid_exists(int(process)):
            _remove(left)
    name = path.with_name(f"{prefix}{os.getpid()}-{path.name}")
    try:
        yield name
    finally:
        _remove(name)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def written_folders(*paths: str | os.PathLike[str]) -> Iterator[list[Path]]:
    """Fill folders beside the final ones, and let them take their places at the end.

    Parameters
    ----------
    *paths : path
        Final names. What such a folder held before is removed.

    Yields
    ------
    list of Path
        One empty folder a path (see `temporary`).

    Notes
    -----
    A process that is killed leaves the old folder, the new one, or none between the two
    renames; never some of the files of one.
    """
    finals = [Path(path) for path in paths]
    with ExitStack() as stack:
        partials = [stack.enter_context(temporary(final)) for final in finals]
        for partial in partials:
            partial.mkdir()
        yield partials
        for partial, final in zip(partials, finals, strict=True):
            old = stack.enter_context(temporary(final.with_name(f"old-{final.name}")))
            if final.exists():
                final.rename(old)
            partial.rename(final)


def sha256(*paths: str | os.PathLike[str]) -> str:
    """Hexadecimal SHA-256 digest of files, one after the other, in bounded memory."""
    digest = hashlib.sha256()
    for path in paths:
        with Path(path).open("rb") as handle:
            while block := handle.read(2**20):
                digest.update(block)
    return digest.hexdigest()
