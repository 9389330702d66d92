"""The bytes received so far, kept beside the destination until they are all there."""

import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from io import FileIO
from pathlib import Path

from noncoding.common import files
from noncoding.common.errors import InputError, printable
from noncoding.common.locks import exclusive
from noncoding.common.secrets import redacted
from noncoding.data.download.lock import Lock, write_lock
from noncoding.data.download.progress import shown
from noncoding.data.download.space import check_room, free_bytes

LOG = logging.getLogger(__name__)

_LONGEST = 500
"""Characters of what a server said that a message repeats."""
_READ = 1 << 13
"""Of them, those in which secrets are looked for."""


class TransientError(Exception):
    """Trouble that may have passed at the next attempt.

    Parameters
    ----------
    found : str
        What was found.
    retry_after : float, optional
        Seconds that the server asks to wait.
    """

    def __init__(self, found: str, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(printable(redacted(found[:_READ])[:_LONGEST]))


@dataclass(frozen=True)
class Origin:
    """Where the bytes of a partial file come from.

    Attributes
    ----------
    url : str
        Without secrets.
    etag, last_modified, date : str or None
        As the server sent them.
    length : int or None
        Bytes of the whole file, where the server said so.
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None
    date: str | None = None
    length: int | None = None

    @property
    def validator(self) -> str | None:
        """What tells one version of the file from another, if anything does."""
        # A weak ETag does not promise equal bytes, and If-Range must not carry it.
        strong = self.etag and not self.etag.startswith("W/")
        validator = self.etag if strong else self.last_modified if self._is_settled() else None
        # What else a server sends can stand in no request.
        return validator if re.fullmatch(r"[ -~]{1,1000}", validator or "") else None

    def _is_settled(self) -> bool:
        """Whether the file cannot have changed since without another date (RFC 9110, 8.8.2.2)."""
        try:
            sent, changed = map(parsedate_to_datetime, (self.date or "", self.last_modified or ""))
            return sent - changed >= timedelta(seconds=1)
        except (ValueError, TypeError, OverflowError):
            return False


class Partial:
    """The bytes received so far, and the record of their origin.

    Parameters
    ----------
    destination : Path
        Final name; the partial file stands beside it.
    free : callable
        Free bytes of a folder's file system.
    room : int, optional
        Bytes that a file of unknown length may have beyond those that are there.
    """

    def __init__(
        self,
        destination: Path,
        free: Callable[[Path], int] = free_bytes,
        room: int | None = None,
    ) -> None:
        self.destination = destination
        self._free = free
        self._path = destination.with_name(f".partial-{destination.name}")
        self._record = destination.with_name(f".origin-{destination.name}")
        self._room = None if room is None else room + self.size

    @property
    def size(self) -> int:
        """Bytes received."""
        return self._path.stat().st_size if self._path.exists() else 0

    def received(self, url: str) -> int:
        """Bytes received from this URL."""
        origin = self._origin()
        return self.size if origin is not None and origin.url == redacted(url) else 0

    def resumable(self, url: str) -> Origin | None:
        """Origin of the bytes, if more of the same file can be asked for."""
        origin = self._origin()
        if origin is None or not self.received(url) or not origin.validator:
            return None
        return origin

    def version(self) -> tuple[str | None, str | None]:
        """ETag and Last-Modified of the file whose bytes these are."""
        origin = self._origin()
        return (origin.etag, origin.last_modified) if origin else (None, None)

    def _origin(self) -> Origin | None:
        try:
            origin = Origin(**files.read_json(self._record))
        except (OSError, TypeError):  # none, or cut off while it was written
            return None
        texts = {
            type(text) for text in (origin.url, origin.etag, origin.last_modified, origin.date)
        }
        known = texts <= {str, type(None)} and type(origin.length) in (int, type(None))
        # A link is none of ours: what it points to must not grow.
        return origin if known and not self._path.is_symlink() else None

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep all other processes from this destination while the body runs.

        Raises
        ------
        InputError
            Another process is fetching to it, or its folder cannot be written to.
        """
        with ExitStack() as stack:
            with self._writing():
                stack.enter_context(exclusive(self.destination))
            yield

    def begin(self, origin: Origin) -> None:
        """Drop what is there. The record comes first: a kill in between costs no bytes."""
        self.remove()
        self._check_room(origin)
        with self._writing():
            self._record.write_text(json.dumps(asdict(origin)), encoding="utf-8")
            self._path.touch()

    def append(self, chunks: Iterable[bytes], origin: Origin) -> None:
        """Add bytes at the end, to the end of the file; shows progress.

        Raises
        ------
        TransientError
            Fewer or more bytes came than the file has.
        InputError
            They cannot be written, there is no room for them, or they find no end.
        """
        self._check_room(origin)
        LOG.info("%s: %s", origin.url, _of(self.size, origin.length))
        with (
            self._writing_opened() as handle,
            shown(self.destination.name, self.size, origin.length) as update,
        ):
            for chunk in chunks:
                # Writing has its own handler, so that a full disk is not taken
                # for a lost connection.
                with self._writing():
                    _write_all(handle, chunk)
                update(len(chunk))
                self._check_end(handle.tell(), origin)
        if origin.length is not None and self.size != origin.length:
            raise TransientError(f"{self.size} of {origin.length} bytes")

    def _check_room(self, origin: Origin) -> None:
        if origin.length is not None:
            rest = origin.length - self.size
            check_room(self.destination.parent, rest, f"the rest of {origin.url}", self._free)

    def _check_end(self, size: int, origin: Origin) -> None:
        if origin.length is not None and size > origin.length:
            raise TransientError(f"more than the {origin.length} bytes that were announced")
        if origin.length is None and self._room is not None and size > self._room:
            self.remove()
            raise InputError(
                origin.url,
                f"more than {size:,} bytes of a file of unknown length",
                "at most what disk_gib leaves for this data set",
                "They have been removed. If the file is as large as that, set disk_gib higher "
                "and run again; or set a mirror, or the path of a copy that you have.",
            )

    def digest(self) -> str:
        """SHA-256 of the bytes received, which are on the disk when this returns."""
        with self._writing():
            files.sync(self._path)
        return files.sha256(self._path)

    def remove(self) -> None:
        """Drop the bytes and the record."""
        with self._writing():
            self._path.unlink(missing_ok=True)
            self._record.unlink(missing_ok=True)

    def lock(self, lock: Lock) -> None:
        """Record what was got. Before the final name: no file stands there without a lock."""
        with self._writing():
            write_lock(self.destination, lock)

    def finish(self) -> None:
        """Give the file its final name."""
        with self._writing():
            self._path.replace(self.destination)
            files.sync(self.destination.parent)
            self._record.unlink(missing_ok=True)

    def _writing_opened(self) -> FileIO:
        # Unbuffered: a buffer that a full disk has refused would be written
        # once more, and fail once more, where the file is closed.
        with self._writing():
            return self._path.open("ab", buffering=0)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise InputError(
                self.destination,
                f"that it cannot be written ({error.strerror})",
                "a folder that can be written to and has room",
                "Free space or choose another folder, and run again: "
                "where the server allows it, the download goes on from where it stopped.",
            ) from error


def _of(size: int, length: int | None) -> str:
    whole = "a file of unknown length" if length is None else f"{length:,} bytes"
    return f"going on after {size:,} of {whole}" if size else f"receiving {whole}"


def _write_all(handle: FileIO, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[handle.write(rest) :]
