"""How far a download is: a bar for a person, a few lines for a log."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

LOG = logging.getLogger(__name__)

SMALLEST_STEP = 10 * 2**20
"""Bytes: a log gets a line for each tenth of a file, but not for less than this."""
STEP_OF_UNKNOWN = 2**30
"""Bytes: the same for a file of unknown length."""


@contextmanager
def shown(name: str, received: int, length: int | None) -> Iterator[Callable[[int], object]]:
    """Show the progress of a download: a bar on a terminal, else lines in the log.

    Parameters
    ----------
    name : str
    received : int
        Bytes that are there at the start.
    length : int or None
        Bytes of the whole file.

    Yields
    ------
    callable
        To be called with the number of bytes that have come.
    """
    with tqdm(
        desc=name,
        initial=received,
        total=length,
        unit="B",
        unit_scale=True,
        disable=None,  # where standard error is no terminal
    ) as bar:
        yield _Lines(name, received, length).update if bar.disable else bar.update


class _Lines:
    def __init__(self, name: str, received: int, length: int | None) -> None:
        self._name = name
        self._received = received
        self._length = length
        tenth = STEP_OF_UNKNOWN if length is None else -(-length // 10)
        self._step = max(tenth, SMALLEST_STEP)
        self._told = received // self._step

    def update(self, count: int) -> None:
        self._received += count
        steps = self._received // self._step
        if steps > self._told and self._received != self._length:
            self._told = steps
            share = f" ({self._received / self._length:.0%})" if self._length else ""
            LOG.info("%s: %s bytes%s", self._name, f"{self._received:,}", share)
