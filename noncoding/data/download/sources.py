"""Where a file is taken from: a URL, a mirror or a local path."""

import glob
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote_to_bytes, urlsplit

from noncoding.common.errors import InputError
from noncoding.common.files import correct_path, not_a_file
from noncoding.common.redaction import redacted
from noncoding.data.download.partial import Origin, Partial, TransientError
from noncoding.settings.downloads import is_url, local_path

CHUNK = 1 << 14
"""Bytes read at once; as many are lost, at most, where a connection breaks."""

Source = str | Path
"""An http or https URL, or a local path."""


class SourceError(InputError):
    """One source does not provide the file; another may. Secrets of URLs are removed."""

    def __init__(self, where: object, found: str, expected: str, remedy: str) -> None:
        super().__init__(redacted(str(where)), redacted(found), expected, remedy)


def sources(url: str | Sequence[str], mirror: str | None) -> list[Source]:
    """Sources of a file in the order in which they are tried.

    With a mirror, the file of the same name as the first URL there. Raises InputError for an
    address that is not valid.
    """
    found = [_located(address) for address in ([url] if isinstance(url, str) else url)]
    if mirror is None:
        return found
    first, folder = found[0], _located(mirror)
    path = first if isinstance(first, Path) else unquote_to_bytes(urlsplit(first).path)
    name = PurePosixPath(os.fsdecode(path)).name  # names are bytes
    if isinstance(folder, Path):
        return [_in_folder(folder, name)]
    parts = urlsplit(folder)  # a query, such as a key, stays behind the name
    location = f"{parts.path.rstrip('/')}/{quote(os.fsencode(name))}"
    return [parts._replace(path=location).geturl()]


def _located(address: str) -> Source:
    """A URL as it is; a file URL or a path as a Path."""
    path = local_path(address)
    if path and not is_url(address):
        return path
    try:
        parts = urlsplit(address)
    except ValueError as error:
        found = f"an address that cannot be read ({error})"
    else:
        if path:
            if not parts.query and not parts.fragment:
                return path
            found = "a ? or # in the address of a file"
        elif re.search(r"[\x00-\x20\x7f]", address):
            found = "a space or a control character in an address"
        elif parts.scheme in ("http", "https") and parts.netloc:
            return address
        else:
            found = "an address of an unknown kind"
    raise SourceError(
        address,
        found,
        "http://, https:// or file:/// with an absolute path, or a plain path",
        "Correct it: write a space as %20, and in the name of a file ? and # as %3F and %23. Or "
        "download the file with another program and give its path.",
    )


def _in_folder(folder: Path, name: str) -> Path:
    """A file of a mirror, directly in its folder or in one below."""
    if (folder / name).exists():
        return folder / name
    found = sorted(folder.rglob(glob.escape(name)))
    if len(found) > 1:
        raise InputError(
            folder,
            f"several files {name}: {', '.join(str(path.relative_to(folder)) for path in found)}",
            "one",
            "Name the folder that holds the right one, or move the others away.",
        )
    return found[0] if found else folder / name


def copy(source: Path, partial: Partial) -> None:
    """Copy a local file; SourceError if it cannot be read or changes meanwhile."""
    check_file(source)
    with _converted_errors(source):
        origin = Origin(str(source), length=source.stat().st_size)
    try:
        partial.write(_chunks(source), origin, resume=False)
    except TransientError as error:
        raise SourceError(
            source, str(error), "a file that does not change", "Run again when it is complete."
        ) from error


def check_file(source: Path) -> None:
    """Check that a local file can be read, or raise SourceError."""
    with _converted_errors(source):
        if found := not_a_file(source):
            raise SourceError(source, found, "a file", _remedy(source))
        source.open("rb").close()


def _chunks(source: Path) -> Iterator[bytes]:
    with _converted_errors(source), source.open("rb") as handle:
        while chunk := handle.read(CHUNK):
            yield chunk


@contextmanager
def _converted_errors(source: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        found = f"a file that cannot be read ({error.strerror})"
        raise SourceError(source, found, "a file", _remedy(source)) from error


def _remedy(source: Path) -> str:
    return f"{correct_path(source)} If it is that of a mirror, put the file there."
