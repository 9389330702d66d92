"""How often a server is asked again, and after how long."""

import logging
from collections.abc import Callable

from noncoding.fetch.partial import TransientError
from noncoding.fetch.sources import SourceError

LOG = logging.getLogger(__name__)

LONGEST_PAUSE = 60.0
"""Seconds: where the doubling of the pause ends."""
LONGEST_RETRY_AFTER = 600.0
"""Seconds: a server that asks for more is asked again after these."""


def with_retries(
    url: str,
    attempt: Callable[[], None],
    *,
    received: Callable[[], int],
    retries: int,
    pause: Callable[[float], None],
) -> None:
    """Try until it works, or has failed too often in a row.

    Parameters
    ----------
    url : str
        For messages.
    attempt : callable
        Raises `TransientError` where another attempt may help.
    received : callable
        Bytes that are there. An attempt that got further than all before
        begins the row anew: a long download over a bad line is not given up
        as long as it moves.
    retries : int
        Attempts after the first of a row.
    pause : callable
        Called with the seconds to wait: 1, 2, 4, … up to `LONGEST_PAUSE`, or
        longer, up to `LONGEST_RETRY_AFTER`, where the server asks for it.

    Raises
    ------
    SourceError
        The last attempt of a row failed.
    """
    furthest = failures = 0
    while True:
        try:
            attempt()
        except TransientError as error:
            if (size := received()) > furthest:
                furthest, failures = size, 0
            failures += 1
            if failures > retries:
                raise SourceError(
                    url,
                    f"{error}, at the last of {retries + 1} attempts in a row",
                    "the whole file",
                    "Check the connection and run again: what was received is kept and, where "
                    "the server allows it, the download goes on from there. Or set a mirror.",
                ) from error
            seconds = _seconds(failures, error.retry_after)
            LOG.warning("%s: %s; trying again in %g s", url, error, seconds)
            pause(seconds)
        else:
            return


def _seconds(failures: int, retry_after: float | None) -> float:
    backoff = min(2.0 ** (failures - 1), LONGEST_PAUSE)
    return max(backoff, min(retry_after or 0.0, LONGEST_RETRY_AFTER))
