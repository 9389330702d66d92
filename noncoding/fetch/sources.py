"""What a file is taken from: a URL, a mirror, a local path."""

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import quote, unquote, urlsplit

from noncoding.errors import InputError
from noncoding.fetch.partial import Origin, Partial, TransientError

CHUNK = 1 << 14
"""Bytes read at once; as many are lost, at most, where a connection breaks."""

Source = str | Path
"""An http, https or ftp URL, or a local path."""


class SourceError(InputError):
    """One source does not give the file; another may."""


def refused(url: str, found: str) -> SourceError:
    """The error of a URL that gives something else than a file."""
    return SourceError(
        url,
        found,
        "a file to download",
        "Open the address in a browser and correct it; or set a mirror, "
        "or the path of a copy that you have.",
    )


def scheme(address: str) -> str:
    """What stands before the first colon, in lower case."""
    return address.partition(":")[0].lower()


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
    kind = scheme(address)
    if kind in ("http", "https", "ftp"):
        return address
    if kind == "file" and urlsplit(address).netloc in ("", "localhost"):
        return Path(unquote(urlsplit(address).path))
    if kind == "file" or "://" in address:
        raise InputError(
            address,
            "a kind of address that is not known here",
            "http://, https://, ftp:// or file:/// with an absolute path, or a plain path",
            "Correct it; or fetch the file with another program and give its path.",
        )
    return Path(address).expanduser()


def _mirrored(source: Source, mirror: str) -> Source:
    path = source if isinstance(source, Path) else PurePosixPath(unquote(urlsplit(source).path))
    if not path.name:
        raise InputError(
            source,
            "an address without a file name",
            "one that ends in the name to look for in the mirror",
            "Give the full address of the file, or no mirror.",
        )
    folder = _located(mirror)
    if isinstance(folder, Path):
        return _inside(folder, path.name)
    return f"{folder.rstrip('/')}/{quote(path.name)}"


def _inside(folder: Path, name: str) -> Path:
    """A file of a mirror, which may be sorted into folders of its own."""
    direct = folder / name
    if direct.exists():
        return direct
    found = sorted(folder.rglob(name))
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
        with source.open("rb") as handle:
            origin = Origin(str(source), None, None, source.stat().st_size)
            partial.begin(origin)
            partial.append(chunks(handle), origin)
    except OSError as error:
        raise SourceError(
            source,
            {FileNotFoundError: "nothing", IsADirectoryError: "a folder"}.get(
                type(error), f"a file that cannot be read ({error.strerror})"
            ),
            "a file",
            "Correct the path or the mirror, or put the file there.",
        ) from error
    except TransientError as error:
        raise SourceError(
            source, str(error), "a file that does not change", "Run again when it is complete."
        ) from error


def chunks(handle: BinaryIO) -> Iterator[bytes]:
    """The bytes of an open file, `CHUNK` at a time."""
    return iter(lambda: handle.read(CHUNK), b"")
