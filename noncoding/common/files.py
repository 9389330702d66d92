"""Files that appear whole under their final name, or not at all."""

import errno
import fcntl
import glob
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

TEMPORARY = ".temporary-"
"""What the names begin with that no file keeps."""
_LOCK = ".lock"
_KEPT_OF_NAME = 50
"""Characters of a name, from its end, in that of a temporary file: names have at most 255 bytes."""


@contextmanager
def atomic_write(*paths: str | os.PathLike[str]) -> Iterator[list[Path]]:
    """Write beside the final names, and rename when all is written.

    Parameters
    ----------
    *paths : path
        Final names. Missing parent folders are made.

    Yields
    ------
    list of Path
        One temporary name a path (see `temporary`).

    Raises
    ------
    OSError
        The disk is full, say. An error that names no file gets the final name.

    Notes
    -----
    If the body raises, the temporary files are removed and whatever stood
    under the final names before is left as it was. The content is on the disk before a
    file gets its final name, and the name is when this returns: a loss of power
    leaves the old file or the new one.
    """
    finals = [Path(path) for path in paths]
    with ExitStack() as stack:
        partials = [stack.enter_context(temporary(final)) for final in finals]
        try:
            yield partials
            for partial in partials:
                sync(partial)
        except OSError as error:
            if error.errno and error.filename is None:
                error.filename = str(finals[0] if len(finals) == 1 else finals[0].parent)
            raise
        for partial, final in zip(partials, finals, strict=True):
            partial.replace(final)
        for folder in dict.fromkeys(final.parent for final in finals):
            sync(folder)


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
        A random name that no other process uses, with the ending of `path`. What killed
        processes left behind under such names is removed.

    Notes
    -----
    A lock on a file ``.lock`` beside it marks the name as in use while the body runs. A process
    number would not do: it means nothing in another container or on another machine.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    ending = f"-{path.name[-_KEPT_OF_NAME:]}{_LOCK}"
    for left in path.parent.glob(f"{TEMPORARY}*{glob.escape(ending)}"):
        _remove_unless_in_use(left)
    while True:
        descriptor, lock = tempfile.mkstemp(prefix=TEMPORARY, suffix=ending, dir=path.parent)
        _locked(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            break
        os.close(descriptor)  # Another process found it before it was locked, and removed it.
    name = Path(lock.removesuffix(_LOCK))
    try:
        yield name
    finally:
        _remove(name)
        _remove(Path(lock))
        os.close(descriptor)


def _remove_unless_in_use(lock: Path) -> None:
    try:
        descriptor = os.open(lock, os.O_RDWR)
    except OSError:  # It is gone, or another user's.
        return
    try:
        if _locked(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB):
            _remove(Path(str(lock).removesuffix(_LOCK)))
            _remove(lock)
    finally:
        os.close(descriptor)


def _locked(descriptor: int, how: int) -> bool | None:
    """Lock a file: whether it worked; None where the file system has no locks."""
    try:
        fcntl.flock(descriptor, how)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def atomic_folders(*paths: str | os.PathLike[str]) -> Iterator[list[Path]]:
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
        for partial in partials:
            for path in (*partial.rglob("*"), partial):
                sync(path)
        for partial, final in zip(partials, finals, strict=True):
            old = stack.enter_context(temporary(final.with_name(f"old-{final.name}")))
            if final.exists():
                final.rename(old)
            partial.rename(final)
            sync(final.parent)


def sync(path: str | os.PathLike[str]) -> None:
    """Return when a file's content, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems cannot synchronise folders.
        if not Path(path).is_dir() or error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def discard(folder: str | os.PathLike[str]) -> None:
    """Remove a folder: a process that is killed meanwhile leaves all of it, or nothing."""
    if Path(folder).is_dir():
        with temporary(folder) as name:
            Path(folder).rename(name)


def from_home(path: str) -> Path:
    """A path of which ``~`` or ``~user`` at the beginning is expanded, where there is such a user.

    Unlike `pathlib.Path.expanduser`, leaves ``./~user`` as it is.
    """
    if not path.startswith("~"):
        return Path(path)
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def read_json(path: str | os.PathLike[str]) -> Any:
    """Content of a JSON file; None if it is missing, cut short or something else."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError, RecursionError):
        return None


def write_json(content: Any, path: str | os.PathLike[str]) -> None:
    """Write a JSON file atomically; NaN and infinity raise a `ValueError`."""
    with atomic_write(path) as [partial]:
        text = json.dumps(content, indent=2, allow_nan=False)
        partial.write_text(text + "\n", encoding="utf-8")


def sha256(*paths: str | os.PathLike[str]) -> str:
    """Hexadecimal SHA-256 digest of files, one after the other, in bounded memory."""
    digest = hashlib.sha256()
    for path in paths:
        with Path(path).open("rb") as handle:
            while block := handle.read(2**20):
                digest.update(block)
    return digest.hexdigest()
