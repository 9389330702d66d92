"""Files that are written completely or not at all."""

import errno
import fcntl
import glob
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

TEMPORARY = ".temporary-"
"""Prefix of the names of temporary files."""
_LOCK = ".lock"
_KEPT = 50
"""Characters of a name, from its end, in that of a temporary file: names have at most 255 bytes."""


@contextmanager
def atomic_write(*paths: str | os.PathLike[str]) -> Iterator[list[Path]]:
    """Write files under temporary names (see `temporary`), and rename them when all are complete.

    If the body raises, existing files are unchanged; an `OSError` without a file name gets the
    final one. The content is synchronised to disk before a file is renamed, and the names before
    this returns: after a power failure, a file is the old one or the new one.
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
def atomic_folders(*paths: str | os.PathLike[str]) -> Iterator[list[Path]]:
    """Fill temporary folders, and replace the final ones when all are complete.

    A process that is killed leaves the old folder, the new one, or, between the two renames,
    none; never some of the files.
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


@contextmanager
def temporary(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A unique temporary name next to a file or folder, with its extension; removed at the end.

    Missing parent folders are created; temporary files of the same path that killed processes have
    left are removed. A locked file ``.lock`` marks the name as in use; process numbers, which
    differ between containers and machines, cannot.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    ending = f"-{path.name[-_KEPT:]}{_LOCK}"
    for left in path.parent.glob(f"{TEMPORARY}*{glob.escape(ending)}"):
        _remove_unless_in_use(left)
    while True:
        descriptor, lock = tempfile.mkstemp(prefix=TEMPORARY, suffix=ending, dir=path.parent)
        locked(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            break
        os.close(descriptor)  # another process removed it before it was locked
    name = Path(lock.removesuffix(_LOCK))
    try:
        yield name
    finally:
        _remove(name, Path(lock))
        os.close(descriptor)


def locked(descriptor: int, operation: int) -> bool | None:
    """`fcntl.flock` of an open file: whether it succeeded, or None where locks do not exist."""
    try:
        fcntl.flock(descriptor, operation)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _remove_unless_in_use(lock: Path) -> None:
    try:
        descriptor = os.open(lock, os.O_RDWR)
    except OSError:  # already removed, or another user's
        return
    try:
        if locked(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB):
            _remove(Path(str(lock).removesuffix(_LOCK)), lock)
    finally:
        os.close(descriptor)


def _remove(*paths: Path) -> None:
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def sync(path: str | os.PathLike[str]) -> None:
    """Synchronise the content of a file, or the names in a folder, to disk."""
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
    """Remove a folder; a process that is killed meanwhile leaves all of it, or nothing."""
    if Path(folder).is_dir():
        with temporary(folder) as name:
            Path(folder).rename(name)


def from_home(path: str) -> Path:
    """Expand ``~`` and ``~user``; unlike `pathlib.Path.expanduser`, not in ``./~user``."""
    try:
        return Path(path).expanduser() if path.startswith("~") else Path(path)
    except RuntimeError:  # no such user
        return Path(path)


def not_a_file(path: str | os.PathLike[str]) -> str | None:
    """What is under a name in place of a file that can be read more than once; None if it is one.

    Pipes are none: inputs are checked completely before they are used.
    """
    path = Path(path)
    if path.is_file():
        return None if os.access(path, os.R_OK) else "a file that you may not read"
    if path.is_dir():
        return "a folder"
    if _is_pipe(path):
        return "a pipe"
    return "a device" if path.exists() else "no such file"


def correct_path(path: str | os.PathLike[str]) -> str:
    """What to do about a path that is `not_a_file`; a relative one starts at a folder."""
    path = Path(path)
    with suppress(OSError):  # such as a name that is too long
        if _is_pipe(path) or str(path) == "-":
            return "Save the input to a file, and give its path: inputs are read several times."
        if path.is_file() and not os.access(path, os.R_OK):
            return "Change its owner or permissions."
    if path.is_absolute():
        return "Correct the path."
    return f"Correct the path, which starts at the working directory, {Path.cwd()}."


def _is_pipe(path: Path) -> bool:
    return path.is_fifo() or path.is_socket()


def read_json(path: str | os.PathLike[str]) -> Any:
    """Content of a JSON file; None if it is missing, truncated or not JSON."""
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
    """Hexadecimal SHA-256 digest of the concatenated content of files."""
    digest = hashlib.sha256()
    for path in paths:
        with Path(path).open("rb") as handle:
            hashlib.file_digest(handle, lambda: digest)
    return digest.hexdigest()
