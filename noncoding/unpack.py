"""Take named members out of a tar archive, in one pass and bounded memory."""

import io
import os
import reprlib
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from noncoding.compression import opened
from noncoding.errors import InputError
from noncoding.files import written_whole

CHUNK = 1 << 20
NAMES_SHOWN = 10
LONGEST_HEADER = 1 << 20
"""Bytes of the headers of one member, further names and attributes among them."""

_MAT = b"MATLAB"

_names = reprlib.Repr()
_names.maxstring, _names.maxlist = 100, NAMES_SHOWN
_shown = _names.repr
"""Names as a person can read them: neither endless nor with characters that move the cursor."""


def unpack(archive: str | os.PathLike[str], members: Mapping[str, str | os.PathLike[str]]) -> None:
    """Write members of a tar archive (plain, gz, bz2 or xz) to where they belong.

    Parameters
    ----------
    archive : path
        The tar file. It is read once, to its end, so that its checksums hold.
    members : mapping of str to path
        Final name by the base name of the member: ``train.mat`` is found as
        ``deepsea_train/train.mat``. Missing parent folders are made.

    Raises
    ------
    InputError
        The archive is missing, damaged, truncated or no tar; a member is
        missing, there twice, not a regular file, or has an absolute path or
        one with ``..``; a header is longer than `LONGEST_HEADER`; there is no room.
        What stands under the final names is then left as it was.
    """
    archive = Path(archive)
    try:
        with written_whole(*members.values()) as partials, _opened(archive) as stream:
            _write(archive, stream, dict(zip(members, partials, strict=True)))
    except OSError as error:  # of writing: those of reading are told apart where they arise
        raise InputError(
            ", ".join(map(str, members.values())),
            f"that they cannot be written ({error.strerror})",
            "folders that can be written to and have room",
            "Free space or choose another folder, and run again.",
        ) from error


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
            f"that it cannot be opened ({error.strerror})",
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
            f"that it is damaged, cut short or not a tar archive ({error})",
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
                _DISTRUST,
            )
        found = self._stream.read(size)
        self._position += len(found)
        return found


_DISTRUST = "Do not trust this archive: delete it and fetch one from a source that you know."


def _write(archive: Path, stream: IO[bytes], partials: Mapping[str, Path]) -> None:
    written: dict[str, str] = {}
    held: list[str] = []
    count = 0
    bounded = _Bounded(archive, stream)
    with _reading(archive):
        tar = tarfile.open(fileobj=bounded, mode="r|")  # noqa: SIM115, the stream is closed above
    while member := _next(archive, tar):
        # tarfile takes a header into memory as a whole, however long it is.
        bounded.limit = tar.offset + LONGEST_HEADER
        count += 1
        if count <= NAMES_SHOWN:
            held.append(member.name)
        name = PurePosixPath(member.name).name
        if name not in partials:
            continue
        _check(archive, member, written.get(name))
        written[name] = member.name
        _extract(archive, tar, member, partials[name])
    _read_to_end(archive, stream)
    missing = [name for name in partials if name not in written]
    if missing:
        more = f" and {count - len(held)} more" if count > len(held) else ""
        raise InputError(
            archive,
            f"{count} members: {_shown(held)}{more}",
            f"a member named {' and one named '.join(missing)}",
            "Check that this is the right archive; if it is, delete it and run fetch again.",
        )


def _next(archive: Path, tar: tarfile.TarFile) -> tarfile.TarInfo | None:
    with _reading(archive):
        member = tar.next()
        # tarfile would keep them all: unbounded in a long archive.
        tar.members = []  # type: ignore[attr-defined]
        tar.pax_headers = {}
        return member


def _check(archive: Path, member: tarfile.TarInfo, earlier: str | None) -> None:
    path = PurePosixPath(member.name)
    if earlier is not None:
        found, expected = f"a second one, after {_shown(earlier)}", "one member of this name"
    elif member.issparse():
        found, expected = "a sparse file, most of which is not in the archive", "a regular file"
    elif not member.isreg():
        found, expected = "a link, a folder or a device", "a regular file"
    elif path.is_absolute() or ".." in path.parts:
        found, expected = "a path that leads out of the archive", "a relative path without .."
    else:
        return
    raise InputError(f"{archive}, member {_shown(member.name)}", found, expected, _DISTRUST)


def _extract(archive: Path, tar: tarfile.TarFile, member: tarfile.TarInfo, partial: Path) -> None:
    source = tar.extractfile(member)
    assert source is not None  # a regular file, by _check
    # Only reading is guarded: a full disk must not be taken for a damaged archive.
    with partial.open("wb") as target:
        for chunk in iter(lambda: _chunk(archive, source), b""):
            target.write(chunk)


def _chunk(archive: Path, source: IO[bytes]) -> bytes:
    with _reading(archive):
        return source.read(CHUNK)


def _read_to_end(archive: Path, stream: IO[bytes]) -> None:
    while _chunk(archive, stream):
        pass
