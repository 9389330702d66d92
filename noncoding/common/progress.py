"""The progress of a long computation: a bar on a terminal, lines of the log elsewhere."""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

from noncoding.common.wording import counted, plural

log = logging.getLogger(__name__)

_SECONDS = 60
"""Time between lines of the log."""


@contextmanager
def progress(total: int, noun: str, finished: int = 0) -> Iterator[Callable[[int], None]]:
    """Gives a function that is called with the number of things that have just been finished.

    Parameters
    ----------
    total : int
    noun : str
        What is counted, in the singular.
    finished : int
        How many were finished before.
    """
    terminal = sys.stderr.isatty()
    logged = time.monotonic()

    def update(count: int) -> None:
        nonlocal finished, logged
        finished += count
        bar.update(count)
        if not terminal and time.monotonic() - logged >= _SECONDS:
            logged = time.monotonic()
            log.info("%s of %s", f"{finished:,}", counted(total, noun))

    with tqdm(total=total, initial=finished, unit=f" {plural(noun)}", disable=not terminal) as bar:
        yield update
