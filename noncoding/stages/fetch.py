"""Fetch a file from one of several URLs, a mirror or a local path: whole, checked, resumable.

Bytes go to a partial file beside the destination, under a name that the next
run finds again. Beside it stands a small record of where they came from (URL,
ETag or Last-Modified, length), so that bytes of two files are never joined.
What was got is recorded in a lock file, which later runs compare with.
"""

import logging
import os
import string
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from noncoding.common.errors import InputError
from noncoding.common.secrets import redacted
from noncoding.data.download.http import fetch_http
from noncoding.data.download.lock import Lock, lock_path, now, read_lock
from noncoding.data.download.partial import Partial
from noncoding.data.download.retries import with_retries
from noncoding.data.download.sources import Source, SourceError, copy, sources
from noncoding.data.download.space import Budget, free_bytes

LOG = logging.getLogger(__name__)


def fetch(
    url: str | Sequence[str],
    destination: str | os.PathLike[str],
    *,
    sha256: str | None = None,
    mirror: str | None = None,
    locked: bool = True,
    budget: Budget | None = None,
    retries: int = 5,
    timeout: float = 60.0,
    pause: Callable[[float], None] = time.sleep,
    free: Callable[[Path], int] = free_bytes,
) -> None:
    """Bring a file under its final name, whole or not at all.

    Parameters
    ----------
    url : str or sequence of str
        http, https or file URLs, or local paths, of one file. When one
        does not give it, the next is tried; first of all the one of which an
        earlier run has received a part.
    destination : path
        Final name. What stands there is replaced once the new file is whole
        and checked, and is left as it was if that fails.
    sha256 : str, optional
        Hexadecimal digest that the file must have.
    mirror : str, optional
        A folder (path or file URL) or a URL to take the file of the same name
        from instead: the last part of the first URL is looked up there.
    locked : bool
        Compare the file with what the lock file beside the destination says
        was got before, unless `sha256` is given; and record it there.
    budget : Budget, optional
        Room that must be there before anything is asked for, and that a file of
        unknown length must not exceed.
    retries : int
        How often in a row to try a URL again after a lost connection, a
        timeout, a short body, or an answer that means "later" (5xx, 408, 429).
    timeout : float
        Seconds without an answer or a byte that count as a lost connection.
    pause : callable
        Called with the seconds to wait before each further attempt.
    free : callable
        Free bytes of a folder's file system.

    Raises
    ------
    InputError
        The file is not there, is not what was asked for, is not the one
        expected, cannot be reached, or cannot be written; there is not enough
        room; the lock file is damaged; or another process is fetching to this
        destination.
    """
    candidates = sources(url, mirror)
    expected = None if sha256 is None else _hexadecimal(sha256)
    lock = read_lock(Path(destination)) if locked and expected is None else None
    if budget is not None:
        budget.check(free)
    partial = Partial(Path(destination), free, None if budget is None else budget.needed())
    start = time.monotonic()
    with partial.exclusive():
        source, digest = _first_good(
            _begun_first(candidates, partial), partial, expected, lock, (retries, timeout, pause)
        )
        size = partial.size
        if locked:
            partial.lock(Lock(redacted(str(source)), digest, size, *partial.version(), now()))
        partial.finish()
    LOG.info(
        "%s: %s bytes in %.0f s, sha256 %s",
        destination,
        f"{size:,}",
        time.monotonic() - start,
        digest,
    )


def _hexadecimal(digest: str) -> str:
    if len(digest) != 64 or not set(digest) <= set(string.hexdigits):
        raise InputError(
            "sha256",
            repr(digest),
            "64 hexadecimal digits",
            "Copy the digest again; `sha256sum FILE` prints it.",
        )
    return digest.lower()


def _begun_first(candidates: list[Source], partial: Partial) -> list[Source]:
    return sorted(
        candidates,
        key=lambda source: isinstance(source, Path) or partial.resumable(source) is None,
    )


def _first_good(
    candidates: list[Source],
    partial: Partial,
    expected: str | None,
    lock: Lock | None,
    patience: tuple[int, float, Callable[[float], None]],
) -> tuple[Source, str]:
    """The source that gave the file, which is then in `partial`, and its digest."""
    errors: list[SourceError] = []
    for source in candidates:
        if errors:
            LOG.warning("%s; trying %s", errors[-1], redacted(str(source)))
        try:
            _receive(source, partial, *patience)
            digest = partial.digest()
            _check(digest, source, partial, expected, lock)
        except SourceError as error:
            errors.append(error)
        else:
            return source, digest
    raise errors[0] if len(errors) == 1 else _all_failed(partial.destination, errors)


def _receive(
    source: Source,
    partial: Partial,
    retries: int,
    timeout: float,
    pause: Callable[[float], None],
) -> None:
    if isinstance(source, Path):
        copy(source, partial)
        return
    with_retries(
        source,
        lambda: fetch_http(source, partial, timeout),
        received=lambda: partial.received(source),
        retries=retries,
        pause=pause,
    )


def _check(
    found: str, source: Source, partial: Partial, expected: str | None, lock: Lock | None
) -> None:
    if expected is not None and found != expected:
        partial.remove()
        raise SourceError(
            source,
            f"sha256 {found}",
            f"sha256 {expected}",
            "What was fetched has been removed: run again. If the same digest is found then, "
            "the file at this address is another one: use a mirror that has the expected one, "
            "or set sha256 to the digest found if you trust it.",
        )
    if lock is not None and found != lock.sha256:
        partial.remove()
        raise SourceError(
            source,
            f"another file than before: sha256 {found}",
            f"sha256 {lock.sha256}, got on {lock.fetched} from {lock.url}",
            "What was fetched has been removed. If you trust the new file, "
            f"delete {lock_path(partial.destination)} or set sha256 to the digest found, "
            "and run again; if not, use a mirror that has the one of before.",
        )


def _all_failed(destination: Path, errors: list[SourceError]) -> InputError:
    told = "; ".join(f"{e.where}: {e.found} (expected {e.expected})" for e in errors)
    return InputError(
        destination,
        f"none of {len(errors)} addresses that gives it: {told}",
        "one of them to give the file",
        " ".join(dict.fromkeys(error.remedy for error in errors)),
    )
