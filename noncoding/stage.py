"""How a stage's script logs, and how it ends when something is wrong."""

import errno
import logging
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from noncoding.errors import InputError

log = logging.getLogger("noncoding")

_OF_THE_DISK = {
    errno.ENOSPC: ("a full disk", "room for what the stage writes", "Free some room"),
    errno.EDQUOT: ("a used-up quota", "room for what the stage writes", "Free some room"),
    errno.EFBIG: ("the largest size that a file may have", "a larger one", "Raise the limit"),
    errno.EROFS: ("a read-only file system", "one to write to", "Mount it for writing"),
    errno.EACCES: ("no permission", "a file that may be written", "Change its owner or rights"),
}
"""What went wrong, what is expected and what to do, by the number of the error."""


@contextmanager
def logged_stage(path: str | os.PathLike[str]) -> Iterator[None]:
    """Log to a file and to the terminal; end on an error with what to do.

    Parameters
    ----------
    path : path
        The rule's log.

    Raises
    ------
    SystemExit
        With status 1 after an `InputError`, whose message has then been logged, and where
        the disk is full or must not be written to;
        anything else is logged with its traceback and raised again.
    """
    # Further processes of a training that several devices share go on with its log.
    first = os.environ.get("LOCAL_RANK", os.environ.get("SLURM_PROCID", "0")) == "0"
    handlers = (
        logging.FileHandler(path, mode="w" if first else "a"),
        logging.StreamHandler(sys.stderr),
    )
    for handler in handlers:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))
        logging.getLogger().addHandler(handler)
    log.setLevel(logging.INFO if first else logging.WARNING)
    logging.captureWarnings(True)
    try:
        yield
    except InputError as error:
        log.error("%s", error)
        sys.exit(1)
    except OSError as error:
        told = _of_the_disk(error)
        if told is None:
            log.exception("unexpected; please report this with the log")
            raise
        log.error("%s", told)
        sys.exit(1)
    except Exception:
        log.exception("unexpected; please report this with the log")
        raise
    finally:
        for handler in handlers:
            logging.getLogger().removeHandler(handler)
            handler.close() if isinstance(handler, logging.FileHandler) else handler.flush()


def _of_the_disk(error: OSError) -> InputError | None:
    """What to tell of an error that a disk made; None if it was no disk."""
    # HDF5 tells the number in its message alone.
    named = re.search(r"errno = (\d+)", str(error))
    number = error.errno or (int(named[1]) if named else None)
    if number not in _OF_THE_DISK:
        return None
    found, expected, remedy = _OF_THE_DISK[number]
    remedy += ", and run the same command again; what was whole before still is."
    return InputError(error.filename or "a file of this stage", found, expected, remedy)
