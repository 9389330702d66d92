"""Fetch a file from one of several URLs, a mirror or a local path.

Bytes are written to a partial file beside the destination, with a record of their origin, so
that an interrupted download resumes and bytes of two files are never joined. The lock file
records which file was fetched; later runs compare with it.
"""

import logging
import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from noncoding.common.errors import InputError
from noncoding.common.locks import exclusive
from noncoding.common.redaction import redacted
from noncoding.common.space import check_room
from noncoding.common.stage_logging import RESULT
from noncoding.data.download.http import fetch_http
from noncoding.data.download.lock import Lock, lock_path, read_lock, write_lock
from noncoding.data.download.partial import Partial
from noncoding.data.download.sources import Source, SourceError, copy, sources

LOG = logging.getLogger(__name__)


def fetch(
    url: str | Sequence[str],
    destination: str | os.PathLike[str],
    *,
    sha256: str | None = None,
    mirror: str | None = None,
    locked: bool = True,
    room: int | None = None,
) -> None:
    """Fetch a file and verify it before it gets its final name.

    Parameters
    ----------
    url : str or sequence of str
        http, https or file URLs, or local paths, of one file, tried in order. A URL of which an
        earlier run has received a part is tried first.
    destination : path
        Final name. An existing file is replaced only by a complete, verified one.
    sha256 : str, optional
        Expected digest, hexadecimal.
    mirror : str, optional
        Folder (path or file URL) or URL that holds a file of the same name as the first URL,
        which is fetched instead.
    locked : bool
        Compare with the lock file beside the destination, unless `sha256` is given, and write it.
    room : int, optional
        Bytes that must be free before the first request, and that a file of unknown length must
        not exceed; see `noncoding.common.space.remaining_bytes`.

    Raises
    ------
    InputError
        No source provides the expected file, there is no room, the destination cannot be
        written, the lock file is damaged, or another process fetches to this destination.
    """
    destination = Path(destination)
    candidates = sources(url, mirror)
    lock = read_lock(destination) if locked and sha256 is None else None
    if room is not None:
        purpose = "all stages of this data set (disk_gib, less what is there)"
        check_room(destination.parent, room, purpose)
    partial = Partial(destination, room)
    start = time.monotonic()
    try:
        with exclusive(destination):
            source, digest = _receive(candidates, partial, sha256, lock)
            size, origin = partial.size, partial.origin
            if locked:  # before the final name, so that no file is without a lock
                etag, modified = (origin.etag, origin.last_modified) if origin else (None, None)
                now = datetime.now(UTC).isoformat(timespec="seconds")
                lock = Lock(redacted(str(source)), digest, size, etag, modified, now)
                write_lock(destination, lock)
            partial.finish()
    except OSError as error:  # of writing; errors of sources are converted where they arise
        raise InputError(
            destination,
            f"that it cannot be written ({error.strerror})",
            "a folder that can be written to and has room",
            "Free space or choose another folder, and run again: "
            "where the server allows it, the download resumes.",
        ) from error
    seconds = time.monotonic() - start
    LOG.log(RESULT, "%s bytes", f"{size:,}")
    LOG.info("%s: %s bytes in %.0f s, sha256 %s", destination, f"{size:,}", seconds, digest)


def _receive(
    candidates: list[Source], partial: Partial, sha256: str | None, lock: Lock | None
) -> tuple[Source, str]:
    """Receive the file from the first source that provides it; its source and digest."""
    errors: list[SourceError] = []
    for source in sorted(candidates, key=lambda each: not partial.is_resumable(str(each))):
        if errors:
            LOG.warning("%s; trying %s", errors[-1], redacted(str(source)))
        try:
            if isinstance(source, Path):
                copy(source, partial)
            else:
                fetch_http(source, partial)
            return source, _verified(partial, source, sha256, lock)
        except SourceError as error:
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    messages = "; ".join(f"{e.where}: {e.found} (expected {e.expected})" for e in errors)
    raise InputError(
        partial.destination,
        f"the file at none of {len(errors)} addresses: {messages}",
        "it at one of them",
        " ".join(dict.fromkeys(error.remedy for error in errors)),
    )


def _verified(partial: Partial, source: Source, sha256: str | None, lock: Lock | None) -> str:
    """Digest of the received file, which is removed if it is not the expected one."""
    digest = partial.digest()
    expected = sha256.lower() if sha256 is not None else lock.sha256 if lock else digest
    if digest != expected:
        partial.remove()
        known = f", of the file fetched on {lock.fetched} from {lock.url}" if lock else ""
        accept = f"delete {lock_path(partial.destination)} or set" if lock else "set"
        raise SourceError(
            source,
            f"sha256 {digest}",
            f"sha256 {expected}{known}",
            "The received file has been removed: run again. If the digest is the same then and "
            f"you trust the new file, {accept} sha256 to the digest found; if not, use a mirror "
            "that has the expected file.",
        )
    return digest
