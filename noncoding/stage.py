"""How a stage's script logs, and how it ends when something is wrong."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from noncoding.errors import InputError

log = logging.getLogger("noncoding")


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
        With status 1 after an `InputError`, whose message has then been logged;
        anything else is logged with its traceback and raised again.
    """
    # Further processes of a training that several devices share go on with its log.
    first = os.environ.get("LOCAL_RANK", "0") == "0"
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
    except Exception:
        log.exception("unexpected; please report this with the log")
        raise
    finally:
        for handler in handlers:
            logging.getLogger().removeHandler(handler)
            handler.close() if isinstance(handler, logging.FileHandler) else handler.flush()
