"""Locks of folders and files, with a record of their holder for the message to others.

The operating system keeps the lock and releases it when the process ends. Neither the clock nor
process numbers, which differ in a container, are used.
"""

import fcntl
import getpass
import json
import logging
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from noncoding.common.errors import InputError
from noncoding.common.files import locked, read_json
from noncoding.common.redaction import redacted_command

LOG = logging.getLogger(__name__)

LOCKS = Path(".snakemake", "locks")
"""Where Snakemake keeps its locks, in the folder of a run."""
_HOLDER = Path(".snakemake", "holder.json")
_PROCESS = "process {process} of {user} on {machine}, since {since}: {command}"

_held: dict[Path, IO[str]] = {}
"""Lock files that this process holds."""


@contextmanager
def exclusive(path: str | os.PathLike[str]) -> Iterator[None]:
    """Lock a file or folder, which need not exist, with a lock file next to it.

    Raises
    ------
    InputError
        Another process holds the lock.
    OSError
        The lock file cannot be created.
    """
    path = Path(path)
    lock = path.with_name(f".lock-{path.name}")
    lock.parent.mkdir(parents=True, exist_ok=True)
    handle = _acquire(lock)
    if handle is None:
        record = _record(lock)
        process = _PROCESS.format(**record) if record else "another process"
        raise InputError(
            path,
            f"that it is being written by {process}",
            "one process at a time",
            "It may have outlived a run that was killed. Wait until it has ended, or end it, and "
            "run the same command again.",
        )
    with handle:
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)  # before the lock is released


def hold(*, local: bool) -> None:
    """Lock the current folder until `release`, or until this process ends.

    Parameters
    ----------
    local : bool
        Whether the jobs of the run are processes of this machine.
    """
    path = _HOLDER.absolute()
    path.parent.mkdir(exist_ok=True)
    # None if another run shares the folder: one with other outputs, or with --nolock.
    if (handle := _acquire(path, local=local)) is not None:
        _held[path] = handle


def release() -> None:
    """Release the lock of `hold`."""
    path = _HOLDER.absolute()
    if handle := _held.pop(path, None):
        path.unlink(missing_ok=True)
        handle.close()


def remove_stale() -> str | None:
    """Remove Snakemake's locks of a run of this machine that was killed; gives a message.

    Snakemake leaves its locks when its process is killed, and the operating system releases
    that of `hold`. Locks remain, and None is returned, unless it is certain that they are of such
    a run: one of another machine, or one with jobs on a cluster, may still be running.
    """
    path = _HOLDER.absolute()
    record = _record(path)
    if record is None or record["machine"] != platform.node() or record.get("local") is not True:
        return None
    with suppress(OSError), path.open("a", encoding="utf-8") as handle:
        if locked(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB) is not True:
            return None
        # The file has been removed if another process has done the same.
        recorded = path.stat()
        if not os.path.samestat(os.fstat(handle.fileno()), recorded):
            return None
        locks = [*LOCKS.glob("*.lock")]
        # A run creates its locks before its record: newer ones are of a run that has just begun.
        if not locks or max(one.stat().st_mtime_ns for one in locks) > recorded.st_mtime_ns:
            return None
        for one in locks:
            one.unlink()
        path.unlink()
        return f"An earlier run was killed ({_PROCESS.format(**record)}). Its lock was removed."
    return None


def lock_message() -> str | None:
    """A message with the holder of the current folder and what to do.

    None if the folder is not locked, this process holds it, or the holder is unknown and not
    running.
    """
    path = _HOLDER.absolute()
    if path in _held or not any(LOCKS.glob("*.lock")):
        return None
    record, running = _record(path), _is_held(path)
    if record is None and not running:
        return None
    message = f"This folder is locked by {_PROCESS.format(**record) if record else 'another run'}. "
    if running:
        return message + "It is still running: wait for it, or run in another folder."
    command = record["command"] if record else "snakemake"
    unlock = f"run `{command} --unlock`, and then the same command without --unlock."
    # Some file systems do not share locks between machines.
    if record and record["machine"] != platform.node():
        return message + f"If it still runs there, wait for it. If it was killed, {unlock}"
    message += "That process is gone: it was killed. "
    if record and record.get("local") is False:
        message += "Wait until its jobs on the cluster have ended, or cancel them. "
    return message + f"Then {unlock}"


def _acquire(path: Path, **more: object) -> IO[str] | None:
    """The open and locked lock file, with this process as holder; None if another holds it."""
    while True:
        if path.is_symlink():  # its target is not a lock file
            path.unlink()
        handle = path.open("a", encoding="utf-8")
        success = locked(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        if success is False:
            handle.close()
            return None
        if success is None:
            LOG.warning("%s: the file system has no locks; run one process at a time", path)
        # A holder that has just ended has removed the file that was opened here.
        if path.exists() and os.path.samestat(os.fstat(handle.fileno()), path.stat()):
            break
        handle.close()
    handle.truncate(0)
    json.dump(_this_process() | more, handle, indent=2)
    handle.flush()
    return handle


def _is_held(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8") as handle:
            return locked(handle.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB) is False
    except OSError:
        return False


def _this_process() -> dict[str, Any]:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # no user name, as in many containers
        user = f"user {os.getuid()}"
    return {
        "user": user,
        "machine": platform.node(),
        "process": os.getpid(),
        "since": datetime.now().astimezone().isoformat(timespec="seconds"),
        "command": redacted_command(),
    }


def _record(path: Path) -> dict[str, Any] | None:
    """The holder that is recorded in a lock file; None if the record is not valid."""
    try:
        record = read_json(path)
    except OSError:
        return None
    return record if isinstance(record, dict) and {*_this_process()} <= {*record} else None
