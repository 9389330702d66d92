"""Members of a tar archive from any source, in one pass and bounded memory."""

import io
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Self

from noncoding.common.compression import MOST_BYTES, opened
from noncoding.common.errors import InputError

LONGEST_HEADER = 1 << 20
"""Bytes of the headers of one member, including long names and attributes."""
DISTRUST = "Do not trust this archive: delete it and fetch one from a source that you know."

_CHUNK = 1 << 20
_NOWHERE = "/nonexistent"
"""Where members are extracted to, for `tarfile.data_filter`; they are written to other names."""


class Member:
    """One member of an archive; its content can be read until the next one is requested."""

    def __init__(self, archive: Path, tar: tarfile.TarFile, info: tarfile.TarInfo) -> None:
        self.name = info.name
        self.is_folder = info.isdir()
        self._archive, self._tar, self._info = archive, tar, info

    def __str__(self) -> str:
        return f"{self._archive}, member {self.name!r}"

    def chunks(self) -> Iterator[bytes]:
        """The content, in pieces.

        Raises
        ------
        InputError
            The archive is damaged; or the member is not a regular file that is stored in full
            and that `tarfile.data_filter` accepts without a change of its name.
        """
        self._refuse_unsafe()
        source = self._tar.extractfile(self._info)
        assert source is not None, "a regular file"
        with _converted_errors(self._archive):
            while chunk := source.read(_CHUNK):
                yield chunk

    def content(self) -> bytes:
        """The whole content, as of `chunks`; InputError if it is longer than `MOST_BYTES`."""
        if self._info.size > MOST_BYTES:
            raise InputError(
                str(self),
                f"{self._info.size:,} bytes",
                f"a text of at most {MOST_BYTES >> 20} MiB",
                "Check that it is the right file.",
            )
        return b"".join(self.chunks())

    def _refuse_unsafe(self) -> None:
        try:
            safe = tarfile.data_filter(self._info, _NOWHERE)
        except (tarfile.FilterError, ValueError) as error:  # ValueError: a null byte in the name
            found = str(error)
        else:
            kinds = {
                "a sparse file, most of which is not in the archive": safe.issparse(),
                "a link or a folder": not safe.isreg(),
                "an absolute path": safe.name != self.name,
            }
            found = next((kind for kind, holds in kinds.items() if holds), "")
        if found:
            raise InputError(
                str(self),
                found,
                "a regular file with a relative path",
                "Create the archive again with tar --dereference --hard-dereference; "
                "if it is not yours, fetch one from a source that you trust.",
            )


class _Info(tarfile.TarInfo):
    """A member with an error for a damaged header, which tarfile takes for the archive's end."""

    @classmethod
    def fromtarfile(cls, tarfile_: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(tarfile_)
        except tarfile.HeaderError as error:
            if type(error).__name__ in ("EOFHeaderError", "EmptyHeaderError"):  # a regular end
                raise
            raise tarfile.ReadError(f"after {tarfile_.offset:,} bytes, {error}") from error


class _Bounded(io.RawIOBase):
    """A stream that is not read beyond `limit`: tarfile reads a header of any size as a whole."""

    def __init__(self, archive: Path, stream: IO[bytes]) -> None:
        self._archive, self._stream = archive, stream
        self._position = 0
        self.limit = LONGEST_HEADER

    def read(self, size: int = -1) -> bytes:
        """Bytes, as requested by tarfile."""
        if self._position > self.limit:
            header = f"a header of more than {LONGEST_HEADER:,} bytes"
            raise InputError(self._archive, header, "the names and sizes of files", DISTRUST)
        found = self._stream.read(size)
        self._position += len(found)
        return found


def members(archive: str | os.PathLike[str]) -> Iterator[Member]:
    """Iterate over a tar archive, plain or compressed with gzip, bzip2 or xz.

    It is read once, to its end, so that its checksums are verified.

    Raises
    ------
    InputError
        The archive is missing, damaged, truncated or not a tar archive, or a header is longer than
        `LONGEST_HEADER`.
    """
    archive = Path(archive)
    # Not tarfile's own "r|*", which does not verify the CRC at the end of a gzip stream.
    with _converted_errors(archive), opened(archive) as stream:
        if stream.read(6) == b"MATLAB":
            raise InputError(
                archive,
                "a .mat file",
                "a tar archive of the .mat files of all splits, or a folder with them",
                "Give its folder as the URL of the archive.",
            )
        stream.seek(0)
        bounded = _Bounded(archive, stream)
        tar = tarfile.open(fileobj=bounded, mode="r|", tarinfo=_Info)  # noqa: SIM115, the stream is closed above
        while info := tar.next():
            # tarfile would keep them all: unbounded in a long archive.
            tar.members = []  # type: ignore[attr-defined]
            tar.pax_headers = {}
            bounded.limit = tar.offset + LONGEST_HEADER
            yield Member(archive, tar, info)
        while stream.read(_CHUNK):
            pass


@contextmanager
def _converted_errors(archive: Path) -> Iterator[None]:
    try:
        yield
    except (InputError, MemoryError):
        raise
    except Exception as error:  # tarfile raises many kinds for damaged headers
        raise InputError(
            archive,
            f"a file that is missing, damaged, cut short or not a tar archive ({error})",
            "a complete tar archive, plain or compressed with gzip, bzip2 or xz",
            "Delete it and run fetch again.",
        ) from error
