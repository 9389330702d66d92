"""Who runs in a folder: told to a second run that finds the folder locked."""

import getpass
import json
import os
import platform
import shlex
import sys
from datetime import datetime
from pathlib import Path

import psutil

LOCKS = Path(".snakemake", "locks")
"""Where Snakemake keeps its locks, from the folder of a run."""
_HOLDER = Path(".snakemake", "holder.json")


def hold(folder: str | os.PathLike[str] = ".") -> None:
    """Write down that this process runs here."""
    path = Path(folder) / _HOLDER
    path.parent.mkdir(exist_ok=True)
    entry = {
        "user": getpass.getuser(),
        "machine": platform.node(),
        "process": os.getpid(),
        "started": psutil.Process().create_time(),
        "since": datetime.now().astimezone().isoformat(timespec="seconds"),
        "command": shlex.join(["snakemake", *sys.argv[1:]]),
    }
    path.write_text(json.dumps(entry, indent=2))


def release(folder: str | os.PathLike[str] = ".") -> None:
    """Strike that out again."""
    (Path(folder) / _HOLDER).unlink(missing_ok=True)


def held(folder: str | os.PathLike[str] = ".") -> str | None:
    """Who holds a folder and what to do, in sentences.

    Parameters
    ----------
    folder : path
        Of the runs.

    Returns
    -------
    str or None
        None if the folder is not locked, or the lock is this process' own.
    """
    locked = any((Path(folder) / LOCKS).glob("*.lock"))
    if not locked:
        return None
    try:
        entry = json.loads((Path(folder) / _HOLDER).read_text())
    except (OSError, json.JSONDecodeError):
        return None
    here = entry["machine"] == platform.node()
    if here and entry["process"] == os.getpid():
        return None
    told = (
        "This folder is locked by a run of {user} on {machine}, process {process}, since {since}: "
        "{command}. "
    ).format(**entry)
    if here and _runs(entry["process"], entry["started"]):
        return told + "It is still running: wait for it, or run in another folder."
    if here:
        return told + (
            "That process is gone: it was killed. Run `snakemake --unlock` with the same "
            "configuration, then the same command again."
        )
    return told + (
        "If it still runs there, wait for it. If it was killed, run `snakemake --unlock` with the "
        "same configuration, then the same command again."
    )


def _runs(number: int, started: float) -> bool:
    """Whether a process still runs, and is not another one that was given its number."""
    try:
        return psutil.Process(number).create_time() == started
    except psutil.NoSuchProcess:
        return False
