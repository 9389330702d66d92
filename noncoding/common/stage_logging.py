"""How a stage's script logs, and how it ends when something is wrong."""

import errno
import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from noncoding.common.errors import InputError, printable
from noncoding.common.files import TEMPORARY

log = logging.getLogger("noncoding")

_OF_THE_DISK = {
    errno.ENOSPC: ("a full disk", "room for what the stage writes", "Free some room"),
    errno.EDQUOT: ("a used-up quota", "room for what the stage writes", "Free some room"),
    errno.EFBIG: ("the largest size that a file may have", "a larger one", "Raise the limit"),
    errno.EROFS: ("a read-only file system", "one to write to", "Mount it for writing"),
}
"""What went wrong, what is expected and what to do, by the number of the error."""
_OF_FILES = {
    errno.EACCES: ("no permission", "a file that may be written", "Change its owner or rights"),
    errno.EPERM: ("no permission", "a file that may be written", "Change its owner or rights"),
    errno.ENOENT: ("no such file", "one that stays while the stage runs", "Put it back"),
    errno.EISDIR: ("a folder", "a file, or nothing", "Move the folder away"),
    errno.ENOTEMPTY: ("a folder", "a file, or nothing", "Move the folder away"),
    errno.ENOTDIR: ("a file, where a folder should be", "a folder", "Move the file away"),
    errno.EEXIST: ("a file, where a folder should be", "a folder", "Move the file away"),
    errno.ENAMETOOLONG: ("a name that is too long", "a shorter one", "Shorten it"),
    errno.ELOOP: ("links in a circle", "a file", "Remove the links"),
    errno.EIO: ("an error of the disk or network", "a disk that works", "Check it"),
    errno.ESTALE: ("a file that the server has lost", "a file system that works", "Mount it again"),
    errno.EMFILE: ("too many open files", "a higher limit", "Raise it with `ulimit -n`"),
}
"""The same of errors that name a file; without one they may be of anything."""
_AHEAD = 60
"""Seconds that clocks of several machines may differ by; so long is waited for."""


class _Printable(logging.Formatter):
    """Texts of files do not control the terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 – logging's name
        return printable(super().formatMessage(record), keep="\n\t")


@contextmanager
def logged_stage(
    path: str | os.PathLike[str], inputs: Iterable[str | os.PathLike[str]] = ()
) -> Iterator[None]:
    """Log to a file and to the terminal; end on an error with what to do.

    Parameters
    ----------
    path : path
        The rule's log.
    inputs : iterable of path
        Of the rule. Snakemake deletes outputs that are older than an input. An input whose
        time lies in the future therefore stops the stage before it begins; at the end, the
        stage waits, for a minute at most, until the clock has passed the times of all inputs.

    Raises
    ------
    SystemExit
        With status 1 after an `InputError`, whose message has then been logged, and where
        the disk is full, a file must not be written to or memory has run out;
        anything else is logged with its traceback and raised again.
    """
    # Further processes of a training that several devices share go on with its log.
    first = is_first_process()
    try:
        handlers = (_log_file(Path(path), first), logging.StreamHandler(sys.stderr))
    except OSError as error:
        print(explained(error) or error, file=sys.stderr)
        sys.exit(1)
    for handler in handlers:
        handler.setFormatter(_Printable("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))
        logging.getLogger().addHandler(handler)
    log.setLevel(logging.INFO if first else logging.WARNING)
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # A log on a full disk is no second error.
    try:
        _check_times(Path(path), inputs, waits=False)
        with _errors_elsewhere_in_a_line():
            yield
        _check_times(Path(path), inputs, waits=True)
    except InputError as error:
        log.error("%s", error)
        sys.exit(1)
    except KeyboardInterrupt:
        log.error("interrupted; run the same command again")
        sys.exit(130)
    except Exception as error:
        message = explained(error)
        if message is None:
            log.exception("unexpected; please report this with the log")
            raise
        log.error("%s", message)
        sys.exit(1)
    finally:
        for handler in handlers:
            logging.getLogger().removeHandler(handler)
            with suppress(OSError):
                handler.close() if isinstance(handler, logging.FileHandler) else handler.flush()


def is_first_process() -> bool:
    """Whether this is the only process of a stage, or the first of those that share it."""
    return os.environ.get("LOCAL_RANK", os.environ.get("SLURM_PROCID", "0")) == "0"


def _log_file(path: Path, first: bool) -> logging.FileHandler:
    if first:
        if path.is_symlink():  # what it points to is no log of ours
            path.unlink()
        path.write_text("", encoding="utf-8")
    # Appended to, so that a process that has lost its driver does not write into the next one's.
    return logging.FileHandler(path, mode="a", encoding="utf-8")


@contextmanager
def _errors_elsewhere_in_a_line() -> Iterator[None]:
    """Report known errors in threads and in the deletion of objects once, without tracebacks.

    TensorBoard's thread and HDF5 objects that close meet a full disk, too.
    """
    hooks: Any = sys.excepthook, sys.unraisablehook, threading.excepthook
    reported: set[str] = set()

    def hook(otherwise: Callable[..., object]) -> Callable[..., None]:
        def report(*raised: Any) -> None:
            # The type, the error and its traceback; or one object that holds them.
            error = raised[1] if len(raised) == 3 else raised[0].exc_value
            message = str(explained(error)) if error and explained(error) else ""
            if not message:
                otherwise(*raised)
            elif message not in reported:
                log.error("%s", message)
            reported.add(message)

        return report

    # Cython prints an error in a deletion by the first before it calls the second.
    sys.excepthook, sys.unraisablehook, threading.excepthook = map(hook, hooks)
    try:
        yield
    finally:
        sys.excepthook, sys.unraisablehook, threading.excepthook = hooks


def _check_times(path: Path, inputs: Iterable[str | os.PathLike[str]], *, waits: bool) -> None:
    """Refuse inputs from the future, by the clock of the file system that the log is on."""
    os.utime(path)
    now = path.stat().st_mtime
    times = {name: Path(name).stat().st_mtime for name in inputs if Path(name).exists()}
    newest = max(times, key=lambda name: times[name], default=None)
    if newest is None or times[newest] <= now:
        return
    ahead = times[newest] - now
    if ahead > _AHEAD:
        raise InputError(
            newest,
            f"a time that is {ahead:,.0f} s ahead of the clock",
            "an input that is older than its results, which are else taken for out of date",
            f"Correct the clock, or run `touch {newest}`; then run the same command again.",
        )
    if waits:
        time.sleep(ahead + 0.1)  # the times of files lag behind by some milliseconds


def explained(error: BaseException) -> InputError | None:
    """An error of a disk, a file or memory with what to do; None if it is another one."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return InputError(
            "memory",
            f"that it has run out ({str(error).splitlines()[0] if str(error) else 'no details'})",
            "enough for this stage",
            "Give the job more, or lower the stage's batch size.",
        )
    chained: BaseException | None = error
    while chained is not None:  # a library's own error may hide that of the disk
        # HDF5 and safetensors tell the number in their message alone.
        named = re.search(r"errno = (\d+)|os error (\d+)", str(chained))
        number = getattr(chained, "errno", None) or (int(named[1] or named[2]) if named else 0)
        place = getattr(chained, "filename", None)
        known = _OF_THE_DISK.get(number)
        if known is None and chained is error and isinstance(error, OSError) and place:
            known = _OF_FILES.get(number)
        if known:
            found, expected, remedy = known
            remedy += ", and run the same command again; what was whole before still is."
            if not place:
                in_text = re.search(r"name = '([^']+)'", str(chained))
                place = in_text[1] if in_text else "a file of this stage"
            # TensorBoard's paths are bytes.
            place = os.fsdecode(place) if isinstance(place, bytes) else str(place)
            return InputError(
                # Under a temporary name stands what will have the final one.
                re.sub(rf"{re.escape(TEMPORARY)}[^-]+-(.*?)(\.lock)?$", r"\1", place),
                found,
                expected,
                remedy,
            )
        chained = chained.__cause__ or chained.__context__
    return None
