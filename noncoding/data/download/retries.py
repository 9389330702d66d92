"""How often a server is asked again, and after how long."""

import logging
from collections.abc import Callable

from urllib3 import Retry
from urllib3.exceptions import MaxRetryError

from noncoding.common.secrets import redacted
from noncoding.data.download.partial import TransientError
from noncoding.data.download.sources import SourceError

LOG = logging.getLogger(__name__)

SCHEDULE = Retry(backoff_factor=1, backoff_max=60, retry_after_max=600)
"""Pauses of 2, 4, … 60 s; a server that asks for more than 600 s is asked again after these."""
FIRST_PAUSE = 1.0
"""Seconds before the second attempt of a row, for which `Retry` has none."""


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
        Called with the seconds to wait: 1, 2, 4, … up to the longest of `SCHEDULE`, or as
        long as the server asks for.

    Raises
    ------
    SourceError
        The last attempt of a row failed.
    """
    row, furthest = SCHEDULE.new(total=retries), 0
    while True:
        try:
            attempt()
        except TransientError as error:
            if (size := received()) > furthest:
                row, furthest = SCHEDULE.new(total=retries), size
            try:
                row = row.increment(error=error)
            except MaxRetryError:
                raise SourceError(
                    url,
                    f"{error}, at the last of {retries + 1} attempts in a row",
                    "the whole file",
                    "Check the connection and run again: what was received is kept and, where "
                    "the server allows it, the download goes on from there. Or set a mirror.",
                ) from error
            seconds = max(FIRST_PAUSE, row.get_backoff_time(), error.retry_after or 0.0)
            LOG.warning("%s: %s; trying again in %g s", redacted(url), error, seconds)
            pause(seconds)
        else:
            return
