"""Who holds a folder or a file, for the message to a second process that wants it, too.

The operating system keeps the lock and drops it with the process that held it, however that
ended. Neither the clock nor process numbers, which mean another process in a container, are
asked.
"""

import errno
import fcntl
import getpass
import json
import logging
import os
import platform
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from noncoding.common.errors import InputError
from noncoding.common.files import read_json
from noncoding.common.secrets import redacted

LOG = logging.getLogger(__name__)

LOCKS = Path(".snakemake", "locks")
"""Where Snakemake keeps its locks, from the folder of a run."""
_HOLDER = Path(".snakemake", "holder.json")
_WITHOUT_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)
"""Errors of file systems that know no locks."""

_held: dict[Path, IO[str]] = {}
"""What this process holds until it ends or lets go."""


@contextmanager
def exclusive(path: str | os.PathLike[str]) -> Iterator[None]:
    """Keep a file or folder from all other processes while the body runs.

    Parameters
    ----------
    path : path
        Of the file or folder, which need not exist. The lock file stands beside it until the
        body ends; missing parent folders are made.

    Raises
    ------
    InputError
        Another process holds it.
    OSError
        The lock file cannot be made.
    """
    path = Path(path)
    lock = path.with_name(f".lock-{path.name}")
    lock.parent.mkdir(parents=True, exist_ok=True)
    handle = _taken(lock)
    if handle is None:
        entry = _entry(lock)
        who = _who(entry) if entry else "another process"
        raise InputError(
            path,
            f"that it is being written by {who}",
            "one process at a time",
            "It may have outlived a run that was killed. Wait until it has ended, or end it, and "
            "run the same command again.",
        )
    with handle:
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)  # before the lock is dropped


def hold(folder: str | os.PathLike[str] = ".") -> None:
    """Hold the folder of a run, and write down who does, until this process ends."""
    path = Path(folder, _HOLDER).absolute()
    path.parent.mkdir(exist_ok=True)
    # None with Snakemake's --nolock alone, where two runs may share a folder.
    if (handle := _taken(path)) is not None:
        _held[path] = handle


def release(folder: str | os.PathLike[str] = ".") -> None:
    """Let go of it again."""
    path = Path(folder, _HOLDER).absolute()
    if handle := _held.pop(path, None):
        path.unlink(missing_ok=True)
        handle.close()


def held(folder: str | os.PathLike[str] = ".") -> str | None:
    """Who holds a folder and what to do, in sentences.

    Parameters
    ----------
    folder : path
        Of the runs.

    Returns
    -------
    str or None
        None if the folder is not locked, the lock is this process' own, or nobody has
        written down whose it is.
    """
    path = Path(folder, _HOLDER).absolute()
    if path in _held or not any((Path(folder) / LOCKS).glob("*.lock")):
        return None
    entry, running = _entry(path), _is_held(path)
    if entry is None and not running:
        return None
    message = f"This folder is locked by {_who(entry) if entry else 'another run'}. "
    if running:
        return message + "It is still running: wait for it, or run in another folder."
    unlock = "run `snakemake --unlock` with the same configuration, then the same command again."
    # A file system may keep the locks of each machine apart.
    if entry and entry["machine"] != platform.node():
        return message + f"If it still runs there, wait for it. If it was killed, {unlock}"
    return message + f"That process is gone: it was killed. Now {unlock}"


def _taken(path: Path) -> IO[str] | None:
    """The lock file, open and held, with who holds it written down; None if another does."""
    while True:
        if path.is_symlink():  # what it points to is no lock of ours
            path.unlink()
        handle = path.open("a", encoding="utf-8")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            return None
        except OSError as error:
            if error.errno not in _WITHOUT_LOCKS:
                handle.close()
                raise
            LOG.warning("%s: the file system knows no locks; run one process at a time", path)
        # A holder that has just ended has removed the file that was opened here.
        if path.exists() and os.path.samestat(os.fstat(handle.fileno()), path.stat()):
            break
        handle.close()
    handle.truncate(0)
    json.dump(_this_process(), handle, indent=2)
    handle.flush()
    return handle


def _is_held(path: Path) -> bool:
    """Whether a process holds a lock file now."""
    try:
        with path.open(encoding="utf-8") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _this_process() -> dict[str, Any]:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a number without a name, as in many containers
        user = f"user {os.getuid()}"
    command = [Path(sys.argv[0]).name, *(redacted(argument) for argument in sys.argv[1:])]
    return {
        "user": user,
        "machine": platform.node(),
        "process": os.getpid(),
        "since": datetime.now().astimezone().isoformat(timespec="seconds"),
        "command": shlex.join(command),
    }


def _entry(path: Path) -> dict[str, Any] | None:
    """Who is written down in a lock file; None where that cannot be understood."""
    try:
        entry = read_json(path)
    except OSError:
        return None
    known = isinstance(entry, dict) and {*_this_process()} <= {*entry}
    return entry if known else None


def _who(entry: dict[str, Any]) -> str:
    return "process {process} of {user} on {machine}, since {since}: {command}".format(**entry)
