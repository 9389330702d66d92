"""Fetch a file from a URL, a mirror or a local path: whole, checked, resumable.

Bytes go to a partial file beside the destination, under a name that the next
run finds again. Beside it stands a small record of where they came from (URL,
ETag or Last-Modified, length), so that bytes of two files are never joined.
"""

import ftplib
import logging
import os
import re
import string
import time
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import quote, unquote, urlsplit
from urllib.request import urlopen

import requests
import urllib3

from noncoding.errors import InputError
from noncoding.fetch.partial import Origin, Partial, TransientError

LOG = logging.getLogger(__name__)

CHUNK = 1 << 16
LONGEST_PAUSE = 60.0
"""Seconds."""


def fetch(
    url: str,
    destination: str | os.PathLike[str],
    *,
    sha256: str | None = None,
    mirror: str | None = None,
    retries: int = 5,
    timeout: float = 60.0,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Bring a file under its final name, whole or not at all.

    Parameters
    ----------
    url : str
        An http, https, ftp or file URL, or a local path.
    destination : path
        Final name. What stands there is replaced once the new file is whole
        and checked, and is left as it was if that fails. No two processes may
        fetch to one destination at the same time.
    sha256 : str, optional
        Hexadecimal digest that the file must have.
    mirror : str, optional
        A folder (path or file URL) or a URL to take the file of the same name
        from instead: the last part of `url` is looked up there.
    retries : int
        How often to try again after a lost connection, a timeout, a short
        body, or an answer that means "later" (5xx, 408, 429).
    timeout : float
        Seconds without an answer or a byte that count as a lost connection.
    pause : callable
        Called with the seconds to wait (1, 2, 4, … up to `LONGEST_PAUSE`)
        before each further attempt.

    Raises
    ------
    InputError
        The file is not there, is not what was asked for, does not have the
        digest, cannot be reached, or cannot be written.
    """
    source = _located(url) if mirror is None else _mirrored(_located(url), mirror)
    expected = None if sha256 is None else _hexadecimal(sha256)
    partial = Partial(Path(destination))
    if isinstance(source, Path):
        _copy(source, partial)
    else:
        attempt = _fetch_ftp if _scheme(source) == "ftp" else _fetch_http
        _with_retries(source, retries, pause, lambda: attempt(source, partial, timeout))
    if expected is not None:
        _check_digest(partial, source, expected)
    partial.finish()


def _scheme(address: str) -> str:
    return address.partition(":")[0].lower()


def _located(address: str) -> str | Path:
    """A URL as it is; a file URL or a path as a Path."""
    scheme = _scheme(address)
    if scheme in ("http", "https", "ftp"):
        return address
    if scheme == "file" and urlsplit(address).netloc in ("", "localhost"):
        return Path(unquote(urlsplit(address).path))
    if scheme == "file" or "://" in address:
        raise InputError(
            address,
            "a kind of address that is not known here",
            "http://, https://, ftp:// or file:/// with an absolute path, or a plain path",
            "Correct it; or fetch the file with another program and give its path.",
        )
    return Path(address).expanduser()


def _mirrored(source: str | Path, mirror: str) -> str | Path:
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
        return folder / path.name
    return f"{folder.rstrip('/')}/{quote(path.name)}"


def _hexadecimal(digest: str) -> str:
    if len(digest) != 64 or not set(digest) <= set(string.hexdigits):
        raise InputError(
            "sha256",
            repr(digest),
            "64 hexadecimal digits",
            "Copy the digest again; `sha256sum FILE` prints it.",
        )
    return digest.lower()


def _check_digest(partial: Partial, source: str | Path, expected: str) -> None:
    found = partial.digest()
    if found != expected:
        partial.remove()
        raise InputError(
            source,
            f"sha256 {found}",
            f"sha256 {expected}",
            "What was fetched has been removed: run again. If the same digest is found then, "
            "the file at this address is another one: use a mirror that has the expected one, "
            "or set sha256 to the digest found if you trust it.",
        )


def _copy(source: Path, partial: Partial) -> None:
    try:
        with source.open("rb") as handle:
            length = source.stat().st_size
            partial.begin(Origin(str(source), None, length))
            partial.append(_chunks(handle), length)
    except OSError as error:
        raise InputError(
            source,
            {FileNotFoundError: "nothing", IsADirectoryError: "a folder"}.get(
                type(error), f"a file that cannot be read ({error.strerror})"
            ),
            "a file",
            "Correct the path or the mirror, or put the file there.",
        ) from error
    except TransientError as error:
        raise InputError(
            source, str(error), "a file that does not change", "Run again when it is complete."
        ) from error


def _chunks(handle: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: handle.read(CHUNK), b"")


def _with_retries(
    url: str, retries: int, pause: Callable[[float], None], attempt: Callable[[], None]
) -> None:
    for number in range(retries + 1):
        try:
            attempt()
        except TransientError as error:
            if number == retries:
                raise InputError(
                    url,
                    f"{error}, at the last of {retries + 1} attempts",
                    "the whole file",
                    "Check the connection and run again: what was received is kept and, where "
                    "the server allows it, the download goes on from there. Or set a mirror.",
                ) from error
            seconds = min(2.0**number, LONGEST_PAUSE)
            LOG.warning("%s: %s; trying again in %g s", url, error, seconds)
            pause(seconds)
        else:
            return


def _fetch_ftp(url: str, partial: Partial, timeout: float) -> None:
    try:
        with urlopen(url, timeout=timeout) as response:
            length = _length(response.headers.get("Content-Length"))
            partial.begin(Origin(url, None, length))
            partial.append(_chunks(response), length)
    except ftplib.all_errors as error:
        for cause in _causes(error):
            if isinstance(cause, ftplib.error_perm):
                raise _refused(url, f"the answer {cause}") from error
        raise TransientError(f"a lost connection ({error})") from error


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _fetch_http(url: str, partial: Partial, timeout: float) -> None:
    origin = partial.resumable(url)
    if origin is not None and partial.size == origin.length:
        return  # killed between the last byte and the rename
    # Compressing on the way would change lengths and make ranges meaningless.
    headers = {"Accept-Encoding": "identity"}
    if origin is not None:
        headers |= {"Range": f"bytes={partial.size}-", "If-Range": str(origin.validator)}
    try:
        with requests.get(url, headers=headers, stream=True, timeout=timeout) as response:
            _receive(response, url, origin, partial)
    except (
        requests.ConnectionError,
        requests.Timeout,
        requests.exceptions.ChunkedEncodingError,
        urllib3.exceptions.HTTPError,
    ) as error:
        raise TransientError(f"a lost connection ({error})") from error
    except requests.RequestException as error:
        raise _refused(url, f"an address that cannot be asked ({error})") from error


def _receive(
    response: requests.Response, url: str, origin: Origin | None, partial: Partial
) -> None:
    _check_status(response, url, partial)
    _check_not_html(response, url)
    if response.status_code == 206:
        if origin is None or not _continues(response, origin, partial.size):
            partial.remove()
            raise TransientError("a part that does not continue what was received")
    else:
        origin = Origin(url, _validator(response), _length(response.headers.get("Content-Length")))
        partial.begin(origin)
    # Undecoded: some servers send a .gz with "Content-Encoding: gzip", and
    # what they mean is the file as it lies there.
    partial.append(response.raw.stream(CHUNK, decode_content=False), origin.length)


def _check_status(response: requests.Response, url: str, partial: Partial) -> None:
    status = response.status_code
    if status in (200, 206):
        return
    answer = f"HTTP status {status} ({response.reason})"
    if status == 416:  # the file is shorter than what was received: it is another one
        partial.remove()
    if status >= 500 or status in (408, 416, 429):
        raise TransientError(answer)
    raise _refused(url, answer)


def _check_not_html(response: requests.Response, url: str) -> None:
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    asked_for = PurePosixPath(urlsplit(url).path).suffix.lower() in (".html", ".htm")
    if kind == "text/html" and not asked_for:
        raise _refused(url, "a web page (HTML), perhaps a login or error page")


def _refused(url: str, found: str) -> InputError:
    return InputError(
        url,
        found,
        "a file to download",
        "Open the address in a browser and correct it; or set a mirror, "
        "or the path of a copy that you have.",
    )


def _continues(response: requests.Response, origin: Origin, size: int) -> bool:
    """Whether a 206 answer holds the next bytes of the very file that was begun."""
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", response.headers.get("Content-Range", ""))
    if found is None:
        return False
    start, end = int(found[1]), int(found[2])
    whole = None if found[3] == "*" else int(found[3])
    return (
        start == size
        and _length(response.headers.get("Content-Length")) in (None, end - start + 1)
        and (whole is None or origin.length in (None, whole))
        # Some servers answer with a part although If-Range does not hold.
        and _validator(response) in (None, origin.validator)
    )


def _validator(response: requests.Response) -> str | None:
    etag = response.headers.get("ETag")
    # A weak ETag does not promise equal bytes, and If-Range must not carry it.
    return etag if etag and not etag.startswith("W/") else response.headers.get("Last-Modified")


def _length(value: str | None) -> int | None:
    return int(value) if value and value.isdigit() else None
