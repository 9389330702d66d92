"""The bytes received so far, kept beside the destination until they are all there."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path

from tqdm import tqdm

from noncoding import files
from noncoding.errors import InputError


class TransientError(Exception):
    """Trouble that may have passed at the next attempt; says what was found."""


@dataclass(frozen=True)
class Origin:
    """Where the bytes of a partial file come from.

    Attributes
    ----------
    url : str
    validator : str or None
        ETag or Last-Modified: what tells one version of the file from another.
    length : int or None
        Bytes of the whole file, where the server said so.
    """

    url: str
    validator: str | None
    length: int | None


class Partial:
    """The bytes received so far, and the record of their origin."""

    def __init__(self, destination: Path) -> None:
        self.destination = destination
        self._path = destination.with_name(f".partial-{destination.name}")
        self._record = destination.with_name(f".origin-{destination.name}")

    @property
    def size(self) -> int:
        """Bytes received."""
        return self._path.stat().st_size if self._path.exists() else 0

    def resumable(self, url: str) -> Origin | None:
        """Origin of the bytes, if more of the same file can be asked for."""
        try:
            origin = Origin(**json.loads(self._record.read_text()))
        except (OSError, ValueError, TypeError):  # none, or cut off while it was written
            return None
        return origin if self.size and origin.url == url and origin.validator else None

    def begin(self, origin: Origin) -> None:
        """Drop what is there. The record comes first: a kill in between costs no bytes."""
        self.remove()
        with self._writing():
            self.destination.parent.mkdir(parents=True, exist_ok=True)
            self._record.write_text(json.dumps(asdict(origin)))
            self._path.touch()

    def append(self, chunks: Iterable[bytes], length: int | None) -> None:
        """Add bytes at the end; shows progress where a person is watching."""
        with (
            self._writing_opened() as handle,
            # None: shown on a terminal only.
            tqdm(
                desc=self.destination.name,
                initial=self.size,
                total=length,
                unit="B",
                unit_scale=True,
                disable=None,
            ) as progress,
        ):
            for chunk in chunks:
                # Writing has its own handler, so that a full disk is not taken
                # for a lost connection.
                with self._writing():
                    _write_all(handle, chunk)
                progress.update(len(chunk))
        if length is not None and self.size != length:
            raise TransientError(f"{self.size} of {length} bytes")

    def digest(self) -> str:
        """SHA-256 of the bytes received."""
        return files.sha256(self._path)

    def remove(self) -> None:
        """Drop the bytes and the record."""
        with self._writing():
            self._path.unlink(missing_ok=True)
            self._record.unlink(missing_ok=True)

    def finish(self) -> None:
        """Give the file its final name."""
        with self._writing():
            self._path.replace(self.destination)
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


def _write_all(handle: FileIO, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[handle.write(rest) :]
