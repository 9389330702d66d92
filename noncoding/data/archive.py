"""The members of a tar archive, in one pass and bounded memory, whoever made it."""

import io
import os
import reprlib
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Self

from noncoding.common.compression import MOST_BYTES, opened
from noncoding.common.errors import InputError

LONGEST_HEADER = 1 << 20
"""Bytes of the headers of one member, further names and attributes among them."""

_CHUNK = 1 << 20
_NAMES_SHOWN = 10
_MAT = b"MATLAB"

_names = reprlib.Repr()
_names.maxstring, _names.maxlist = 100, _NAMES_SHOWN
shown = _names.repr
"""Names as a person can read them: neither endless nor with characters that move the cursor."""


class Member:
    """One member of an archive; its content can be read until the next one is asked for.

    Attributes
    ----------
    name : str
        Full name in the archive.
    """

    def __init__(self, archive: Path, tar: tarfile.TarFile, info: tarfile.TarInfo) -> None:
        self.name = info.name
        self._archive = archive
        self._tar = tar
        self._info = info

    def __str__(self) -> str:
        return f"{self._archive}, member {shown(self.name)}"

    @property
    def is_folder(self) -> bool:
        """Whether it stands for a folder."""
        return self._info.isdir()

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file that is stored in full."""
        return self._info.isreg() and not self._info.issparse()

    def require_file(self) -> None:
        """Refuse what is no regular file, or would lead out of a folder.

        Raises
        ------
        InputError
        """
        path = PurePosixPath(self.name)
        if self._info.issparse():
            found, expected = "a sparse file, most of which is not in the archive", "a regular file"
        elif not self._info.isreg():
            found, expected = "a link, a folder or a device", "a regular file"
        elif path.is_absolute() or ".." in path.parts:
            found, expected = "a path that leads out of the archive", "a relative path without .."
        else:
            return
        raise InputError(str(self), found, expected, DISTRUST)

    def chunks(self) -> Iterator[bytes]:
        """The content of a regular file, in pieces.

        Raises
        ------
        InputError
            The archive is damaged.
        """
        source = self._tar.extractfile(self._info)
        assert source is not None, "a regular file"
        while chunk := _chunk(self._archive, source):
            yield chunk

    def content(self) -> bytes:
        """The whole content of a regular text file, as `compression.decompressed` gives it.

        Raises
        ------
        InputError
            The archive is damaged, or the file is longer than `MOST_BYTES`.
        """
        if self._info.size > MOST_BYTES:
            raise InputError(
                str(self),
                f"{self._info.size:,} bytes",
                f"a text of at most {MOST_BYTES >> 20} MiB",
                "Check that it is the right file.",
            )
        return b"".join(self.chunks())


class _Info(tarfile.TarInfo):
    """A member whose header, if damaged, is an error: tarfile takes it for the archive's end."""

    @classmethod
    def fromtarfile(cls, tarfile_: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(tarfile_)
        except tarfile.HeaderError as error:
            if type(error).__name__ in ("EOFHeaderError", "EmptyHeaderError"):  # an end as it is
                raise
            raise tarfile.ReadError(f"after {tarfile_.offset:,} bytes, {error}") from error


DISTRUST = "Do not trust this archive: delete it and fetch one from a source that you know."


def members(archive: str | os.PathLike[str]) -> Iterator[Member]:
    """Go through a tar archive, plain or compressed with gzip, bzip2 or xz.

    Parameters
    ----------
    archive : path
        It is read once, to its end, so that its checksums hold.

    Yields
    ------
    Member
        In the order of the archive.

    Raises
    ------
    InputError
        The archive is missing, damaged, truncated or no tar, or a header is longer than
        `LONGEST_HEADER`.
    """
    archive = Path(archive)
    with _opened(archive) as stream:
        bounded = _Bounded(archive, stream)
        with _reading(archive):
            tar = tarfile.open(fileobj=bounded, mode="r|", tarinfo=_Info)  # noqa: SIM115, the stream is closed above
        while (info := _next(archive, tar)) is not None:
            # tarfile takes a header into memory as a whole, however long it is.
            bounded.limit = tar.offset + LONGEST_HEADER
            yield Member(archive, tar, info)
        while _chunk(archive, stream):
            pass


@contextmanager
def _opened(archive: Path) -> Iterator[IO[bytes]]:
    # Not tarfile's own "r|*": it does not check the CRC at the end of a gzip
    # stream, so that some damage would pass.
    try:
        with archive.open("rb") as handle:
            start = handle.read(len(_MAT))
    except OSError as error:
        raise InputError(
            archive,
            f"a file that cannot be opened ({error.strerror})",
            "a tar archive",
            "Run fetch to get it, or correct the path.",
        ) from error
    if start == _MAT:
        raise InputError(
            archive,
            "a .mat file",
            "a tar archive of the .mat files of all splits, or a folder with them",
            "Give the folder that it lies in as the URL of the archive.",
        )
    with opened(archive) as stream:
        yield stream


@contextmanager
def _reading(archive: Path) -> Iterator[None]:
    try:
        yield
    except (InputError, MemoryError):
        raise
    except Exception as error:  # tarfile raises many kinds on headers that make no sense
        raise InputError(
            archive,
            f"a file that is damaged, cut short or not a tar archive ({error})",
            "a whole tar archive, plain or packed with gzip, bzip2 or xz",
            "Delete it and run fetch again.",
        ) from error


class _Bounded(io.RawIOBase):
    """A stream that is read no further than to `limit`."""

    def __init__(self, archive: Path, stream: IO[bytes]) -> None:
        self._archive = archive
        self._stream = stream
        self._position = 0
        self.limit = LONGEST_HEADER

    def read(self, size: int = -1) -> bytes:
        """Bytes, as tarfile asks for them."""
        if self._position > self.limit:
            raise InputError(
                self._archive,
                f"a header of more than {LONGEST_HEADER:,} bytes",
                "the names and sizes of files",
                DISTRUST,
            )
        found = self._stream.read(size)
        self._position += len(found)
        return found


def _next(archive: Path, tar: tarfile.TarFile) -> tarfile.TarInfo | None:
    with _reading(archive):
        member = tar.next()
        # tarfile would keep them all: unbounded in a long archive.
        tar.members = []  # type: ignore[attr-defined]
        tar.pax_headers = {}
        return member


def _chunk(archive: Path, source: IO[bytes]) -> bytes:
    with _reading(archive):
        return source.read(_CHUNK)
