"""The partial file of a download and the record of its origin, beside the destination."""

import json
import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

from tqdm import tqdm
from urllib3 import BaseHTTPResponse

from noncoding.common import files
from noncoding.common.errors import InputError, printable
from noncoding.common.redaction import redacted
from noncoding.common.space import check_room

LOG = logging.getLogger(__name__)

MIN_STEP, STEP_OF_UNKNOWN = 10 * 2**20, 2**30
"""Bytes between two lines of a log: at least, and for a file of unknown length."""

_LONGEST = 500
"""Characters of a server's answer that a message repeats."""
_READ = 1 << 13
"""Of them, those in which secrets are searched for."""


class TransientError(Exception):
    """A problem that another attempt may solve, after what the response says in Retry-After."""

    def __init__(self, found: str, response: BaseHTTPResponse | None = None) -> None:
        self.response = response
        super().__init__(printable(redacted(found[:_READ])[:_LONGEST]))


@dataclass(frozen=True)
class Origin:
    """Where the bytes of a partial file come from.

    The URL is without secrets; ETag, Last-Modified and Date are as the server sent them; the
    length is that of the whole file in bytes, if known.
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None
    date: str | None = None
    length: int | None = None

    @property
    def validator(self) -> str | None:
        """Value for If-Range that identifies this version of the file, if there is one."""
        # A weak ETag does not promise equal bytes, and If-Range must not carry it.
        is_strong = self.etag and not self.etag.startswith("W/")
        validator = self.etag if is_strong else self.last_modified if self._is_settled() else None
        return validator if re.fullmatch(r"[ -~]{1,1000}", validator or "") else None

    def _is_settled(self) -> bool:
        """Whether a later version must have another date (RFC 9110, 8.8.2.2)."""
        try:
            sent, changed = map(parsedate_to_datetime, (self.date or "", self.last_modified or ""))
            return sent - changed >= timedelta(seconds=1)
        except (ValueError, TypeError, OverflowError):
            return False


class Partial:
    """The bytes received so far, and the record of their origin.

    A file of unknown length may add at most `room` bytes to those received before.
    """

    def __init__(self, destination: Path, room: int | None) -> None:
        self.destination = destination
        self._path = destination.with_name(f".partial-{destination.name}")
        self._record = destination.with_name(f".origin-{destination.name}")
        self._max_size = None if room is None else room + self.size

    @property
    def size(self) -> int:
        """Bytes received."""
        return self._path.stat().st_size if self._path.exists() else 0

    @property
    def origin(self) -> Origin | None:
        """Origin of the bytes; None if there is no valid record of it."""
        try:
            origin = Origin(**files.read_json(self._record))
        except (OSError, TypeError):
            return None
        is_valid = all(
            value is None or isinstance(value, int if name == "length" else str)
            for name, value in asdict(origin).items()
        )
        # Nothing is written through a link.
        return origin if is_valid and not self._path.is_symlink() else None

    def received(self, url: str) -> int:
        """Bytes received from this URL."""
        origin = self.origin
        return self.size if origin and origin.url == redacted(url) else 0

    def is_resumable(self, url: str) -> bool:
        """Whether the rest of the same file can be requested from this URL."""
        origin = self.origin
        return bool(self.received(url) and origin and origin.validator)

    def write(self, chunks: Iterable[bytes], origin: Origin, *, resume: bool) -> None:
        """Write the rest of a file after the bytes received, or all of it in their place.

        Raises
        ------
        TransientError
            The file is shorter or longer than its origin says.
        InputError
            There is no room, or a file of unknown length exceeds the limit.
        OSError
            The bytes cannot be written.
        """
        if not resume:
            self.remove()
        size, length = self.size, origin.length
        if length is not None:
            check_room(self.destination.parent, length - size, f"the rest of {origin.url}")
        if not resume:  # before the first byte, so that a kill costs no bytes
            self._record.write_text(json.dumps(asdict(origin)), encoding="utf-8")
        whole = "a file of unknown length" if length is None else f"{length:,} bytes"
        state = f"resuming after {size:,} of" if size else "receiving"
        LOG.info("%s: %s %s", origin.url, state, whole)
        # Unbuffered: a buffer that a full disk has refused would be written once more, and fail
        # once more, when the file is closed.
        with self._path.open("ab", buffering=0) as handle:
            for chunk in _with_progress(chunks, self.destination.name, size, length):
                rest = memoryview(chunk)
                while rest:
                    rest = rest[handle.write(rest) :]
                size += len(chunk)
                if length is not None and size > length:
                    raise TransientError(f"more than the {length} bytes announced")
                if length is None and self._max_size is not None and size > self._max_size:
                    self.remove()
                    raise InputError(
                        origin.url,
                        f"more than {size:,} bytes of a file of unknown length",
                        "at most what disk_gib leaves for this data set",
                        "They have been removed. If the file is that large, increase disk_gib "
                        "and run again; or set a mirror, or the path of a copy that you have.",
                    )
        if length is not None and size < length:
            raise TransientError(f"{size} of {length} bytes")

    def digest(self) -> str:
        """SHA-256 of the bytes received, which are on the disk when this returns."""
        files.sync(self._path)
        return files.sha256(self._path)

    def remove(self) -> None:
        """Drop the bytes and the record."""
        self._path.unlink(missing_ok=True)
        self._record.unlink(missing_ok=True)

    def finish(self) -> None:
        """Give the file its final name."""
        self._path.replace(self.destination)
        files.sync(self.destination.parent)
        self._record.unlink(missing_ok=True)


def _with_progress(
    chunks: Iterable[bytes], name: str, received: int, length: int | None
) -> Iterator[bytes]:
    """Pass chunks on, with a bar on a terminal, or a line for each tenth of the file in a log."""
    step = max(MIN_STEP, STEP_OF_UNKNOWN if length is None else -(-length // 10))
    # disable=None: the bar is disabled where standard error is not a terminal.
    with tqdm(None, name, length, initial=received, unit="B", unit_scale=True, disable=None) as bar:
        for chunk in chunks:
            yield chunk
            bar.update(len(chunk))
            steps = received // step
            received += len(chunk)
            if bar.disable and received // step > steps and received != length:
                share = f" ({received / length:.0%})" if length else ""
                LOG.info("%s: %s bytes%s", name, f"{received:,}", share)
