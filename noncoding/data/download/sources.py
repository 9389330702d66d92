"""What a file is taken from: a URL, a mirror, a local path."""

import glob
import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import SplitResult, quote, unquote_to_bytes, urlsplit

from noncoding.common.errors import InputError
from noncoding.common.secrets import redacted
from noncoding.data.download.partial import Origin, Partial, TransientError
from noncoding.settings.downloads import local_path

CHUNK = 1 << 14
"""Bytes read at once; as many are lost, at most, where a connection breaks."""

Source = str | Path
"""An http or https URL, or a local path."""

_CONTROL = re.compile(r"[\x00-\x20\x7f]")


class SourceError(InputError):
    """One source does not give the file; another may. Holds no secrets of its address."""

    def __init__(self, where: object, found: str, expected: str, remedy: str) -> None:
        super().__init__(redacted(str(where)), redacted(found), expected, remedy)


def refused(url: str, found: str, remedy: str | None = None) -> SourceError:
    """The error of a URL that gives something else than a file."""
    return SourceError(
        url,
        found,
        "a file to download",
        remedy
        or "Open the address in a browser and correct it; or set a mirror, "
        "or the path of a copy that you have.",
    )


def sources(url: str | Sequence[str], mirror: str | None) -> list[Source]:
    """What to take a file from, in the order in which to try.

    Parameters
    ----------
    url : str or sequence of str
        URLs or paths of one file.
    mirror : str or None
        A folder or URL that is looked into instead, for the name of the first.

    Raises
    ------
    InputError
        There is none, or one is of a kind that is not known here.
    """
    found = [_located(address) for address in ([url] if isinstance(url, str) else url)]
    if not found:
        raise InputError("url", "an empty list", "at least one address", "Give one.")
    return found if mirror is None else [_mirrored(found[0], mirror)]


def _located(address: str) -> Source:
    """A URL as it is; a file URL or a path as a Path."""
    if not address.strip():
        raise InputError("url", "an empty address", "an address or a path", "Give one.")
    path, is_url = local_path(address), "://" in address or address.lower().startswith("file:")
    if path and not is_url:
        return path
    parts = _split(address)
    if path and (parts.query or parts.fragment):
        raise SourceError(
            address,
            "a ? or # in the address of a file",
            "the name of a file alone",
            "If it belongs to the name, write %3F or %23, or give the plain path.",
        )
    if path:
        return path
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise SourceError(
            address,
            "a kind of address that is not known here",
            "http://, https:// or file:/// with an absolute path, or a plain path",
            "Correct it; or fetch the file with another program and give its path.",
        )
    return address


def _unquoted(path: str) -> str:
    """A path of this machine, where names are bytes."""
    return os.fsdecode(unquote_to_bytes(path))


def _split(address: str) -> SplitResult:
    """The parts of an address, of which `urlsplit` itself drops what does not belong there."""
    try:
        if address.lower().startswith("file:") or not _CONTROL.search(address):
            return urlsplit(address)
        found = "a space or a control character in an address"
    except ValueError as error:
        found = f"an address that cannot be read ({error})"
    raise SourceError(
        address, found, "an address as RFC 3986 has it", "Correct it; a space is written %20."
    )


def _mirrored(source: Source, mirror: str) -> Source:
    path = source if isinstance(source, Path) else PurePosixPath(_unquoted(_split(source).path))
    if not path.name:
        raise SourceError(
            source,
            "an address without a file name",
            "one that ends in the name to look for in the mirror",
            "Give the full address of the file, or no mirror.",
        )
    folder = _located(mirror)
    if isinstance(folder, Path):
        return _inside(folder, path.name)
    parts = _split(folder)
    # Before a query, which may hold the key to all that the mirror has.
    name = quote(os.fsencode(path.name))
    return parts._replace(path=f"{parts.path.rstrip('/')}/{name}").geturl()


def _inside(folder: Path, name: str) -> Path:
    """A file of a mirror, which may be sorted into folders of its own."""
    direct = folder / name
    if direct.exists():
        return direct
    found = sorted(folder.rglob(glob.escape(name)))
    if len(found) > 1:
        raise InputError(
            folder,
            f"several files {name}: {', '.join(str(path.relative_to(folder)) for path in found)}",
            "one",
            "Name the folder that holds the right one, or move the others away.",
        )
    return found[0] if found else direct


def copy(source: Path, partial: Partial) -> None:
    """Take the bytes of a local file.

    Raises
    ------
    SourceError
        There is no file, it cannot be read, or it changes meanwhile.
    """
    try:
        status = source.stat()
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
            raise SourceError(
                source,
                "a device or a pipe",
                "a file",
                "Write its content to a file, and name that.",
            )
        with source.open("rb") as handle:
            origin = Origin(str(source), length=status.st_size)
            partial.begin(origin)
            partial.append(iter(lambda: handle.read(CHUNK), b""), origin)
    except (OSError, ValueError) as error:  # ValueError: what no name can hold
        known: dict[type[Exception], str] = {
            FileNotFoundError: "nothing",
            IsADirectoryError: "a folder",
        }
        why = getattr(error, "strerror", error)
        raise SourceError(
            source,
            known.get(type(error), f"a file that cannot be read ({why})"),
            "a file",
            "Correct the path or the mirror, or put the file there.",
        ) from error
    except TransientError as error:
        raise SourceError(
            source, str(error), "a file that does not change", "Run again when it is complete."
        ) from error
