"""Logging of a stage, and its exit with an error message."""

import logging
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from noncoding.common.errors import InputError, printable
from noncoding.common.system_errors import as_input_error

log = logging.getLogger("noncoding")

RESULT = 25
"""Level of the message with the main figures of a stage, which the terminal shows."""
logging.addLevelName(RESULT, "RESULT")
LINE = re.compile(r"(?P<time>\d\d:\d\d:\d\d) (?P<level>[A-Z]+) (?P<text>.*)")
"""First line of a message in a log."""
INTERRUPTED = "interrupted; run the same command again"
FOLLOWED = "NONCODING_LOGS_FOLLOWED"
"""Environment variable that is set where the logs are followed and shown on the terminal.

The stages then write to their logs only.
"""
TASK = "NONCODING_SLURM_TASK"
"""Environment variable that is set in each task of a distributed training on SLURM.

The process that starts the tasks begins their log, so that none empties it after another has
written to it.
"""
_TOLERANCE = 60
"""Seconds by which clocks may differ; the stage waits at most as long."""


class _PrintableFormatter(logging.Formatter):
    """Escapes control characters of the terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 – logging's name
        return printable(super().formatMessage(record), keep="\n\t")


@contextmanager
def logged_stage(
    path: str | os.PathLike[str], inputs: Iterable[str | os.PathLike[str]] = ()
) -> Iterator[None]:
    """Log to a file, and to the terminal unless `FOLLOWED`; exit with a message on known errors.

    Snakemake deletes outputs that are older than an input of their rule. The stage therefore
    refuses inputs with modification times in the future, and at the end waits, for at most a
    minute, until the clock has passed those of all inputs.

    The stage is interrupted when the process that started it, Snakemake, has ended.

    Raises
    ------
    SystemExit
        With status 1 after an `InputError` or a known error of the disk, a file or memory,
        which has been logged. Other errors are logged with their traceback; they are raised
        again unless `FOLLOWED`.
    """
    # Further processes of a distributed training append to the log that the first, or their
    # parent, has begun.
    first = is_first_process()
    try:
        if first and TASK not in os.environ:
            begin_log(path)
        # Appends, so that a process that outlived Snakemake does not overwrite a later log.
        handlers: list[logging.Handler] = [logging.FileHandler(path, mode="a", encoding="utf-8")]
    except OSError as error:
        print(as_input_error(error) or error, file=sys.stderr)
        sys.exit(1)
    if FOLLOWED not in os.environ:
        handlers.append(logging.StreamHandler(sys.stderr))
    for handler in handlers:
        handler.setFormatter(
            _PrintableFormatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S")
        )
        logging.getLogger().addHandler(handler)
    log.setLevel(logging.INFO if first else logging.WARNING)
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # a log on a full disk causes no further error
    try:
        _check_times(Path(path), inputs, wait=False)
        with _interruptible(), _concise_background_errors():
            yield
        _check_times(Path(path), inputs, wait=True)
    except InputError as error:
        log.error("%s", error)
        sys.exit(1)
    except KeyboardInterrupt:
        log.error(INTERRUPTED)
        sys.exit(130)
    except Exception as error:
        message = as_input_error(error)
        if message is None:
            log.exception("unexpected error; please report it with this log")
            if FOLLOWED in os.environ:
                sys.exit(1)
            raise
        log.error("%s", message)
        sys.exit(1)
    finally:
        for handler in handlers:
            logging.getLogger().removeHandler(handler)
            with suppress(OSError):
                handler.close() if isinstance(handler, logging.FileHandler) else handler.flush()


@contextmanager
def _interruptible() -> Iterator[None]:
    """Raise `KeyboardInterrupt` on an interrupt, and when the parent process has ended.

    The parent is Snakemake. When it is killed, its jobs would otherwise go on and be in the way of
    the next run.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # see noncoding/common/interrupts.py
        signal.signal(signal.SIGINT, signal.default_int_handler)
    over = threading.Event()
    threading.Thread(target=_watch_parent, args=(os.getppid(), over), daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _watch_parent(parent: int, over: threading.Event) -> None:
    while not over.wait(1):
        if os.getppid() != parent:
            # Processes that a shell starts in the background ignore interrupts.
            heeds = signal.getsignal(signal.SIGINT) is signal.default_int_handler
            os.kill(os.getpid(), signal.SIGINT if heeds else signal.SIGTERM)
            return


def is_first_process() -> bool:
    """Whether this is the first, or the only, process of a stage."""
    return os.environ.get("LOCAL_RANK", os.environ.get("SLURM_PROCID", "0")) == "0"


def begin_log(path: str | os.PathLike[str]) -> None:
    """Create an empty log, in place of an earlier one.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    path = Path(path)
    if path.is_symlink():  # its target is not a log
        path.unlink()
    path.write_text("", encoding="utf-8")


@contextmanager
def _concise_background_errors() -> Iterator[None]:
    """Log known errors in threads and destructors once each, without tracebacks.

    On a full disk, they occur in the thread of TensorBoard and when HDF5 objects are closed.
    """
    hooks: Any = sys.excepthook, sys.unraisablehook, threading.excepthook
    reported: set[str] = set()

    def concise(default: Callable[..., object]) -> Callable[..., None]:
        def report(*raised: Any) -> None:
            # The type, the error and its traceback; or one object that holds them.
            error = raised[1] if len(raised) == 3 else raised[0].exc_value
            message = str((error and as_input_error(error)) or "")
            if not message:
                default(*raised)
            elif message not in reported:
                log.error("%s", message)
            reported.add(message)

        return report

    # Cython passes an error in a destructor to the first before the second.
    sys.excepthook, sys.unraisablehook, threading.excepthook = map(concise, hooks)
    try:
        yield
    finally:
        sys.excepthook, sys.unraisablehook, threading.excepthook = hooks


def _check_times(path: Path, inputs: Iterable[str | os.PathLike[str]], *, wait: bool) -> None:
    """Refuse inputs from the future, by the clock of the log's file system."""
    os.utime(path)
    now = path.stat().st_mtime
    times = {name: Path(name).stat().st_mtime for name in inputs if Path(name).exists()}
    newest = max(times, key=lambda name: times[name], default=None)
    if newest is None or times[newest] <= now:
        return
    ahead = times[newest] - now
    if ahead > _TOLERANCE:
        raise InputError(
            newest,
            f"a modification time {ahead:,.0f} s ahead of the clock",
            "an input older than its results; Snakemake otherwise deletes them as outdated",
            f"Correct the clock, or run `touch {newest}`; then run the same command again.",
        )
    if wait:
        time.sleep(ahead + 0.1)  # modification times lag behind by milliseconds
