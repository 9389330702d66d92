"""One attempt to get a file, or the rest of it, by HTTP."""

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import requests
import urllib3

from noncoding.fetch.partial import Origin, Partial, TransientError
from noncoding.fetch.sources import CHUNK, SourceError, refused

SNIFFED = 1024
"""Bytes in which a web page has shown itself."""

_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:(?:<\?xml[^>]*>|<!--.*?-->)\s*)*"
    rb"<(?:!doctype\s+html|html|head|body|title)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
"""A byte order mark, white space, an XML declaration and comments may stand before it."""


def fetch_http(url: str, partial: Partial, timeout: float) -> None:
    """Receive a file, going on from what is there where that is safe.

    Parameters
    ----------
    url : str
        http or https.
    partial : Partial
        What was received; grows.
    timeout : float
        Seconds without an answer or a byte that count as a lost connection.

    Raises
    ------
    SourceError
        The server refuses for good, or sends a web page.
    TransientError
        Trouble that may have passed at the next attempt.
    InputError
        The bytes cannot be written.
    """
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
        raise refused(url, f"an address that cannot be asked ({error})") from error


def _receive(
    response: requests.Response, url: str, origin: Origin | None, partial: Partial
) -> None:
    _check_status(response, url, partial)
    page_expected = PurePosixPath(urlsplit(url).path).suffix.lower() in (".html", ".htm")
    if not page_expected and _kind(response) == "text/html":
        raise _web_page(url)
    # Undecoded: some servers send a .gz with "Content-Encoding: gzip", and
    # what they mean is the file as it lies there.
    body = response.raw.stream(CHUNK, decode_content=False)
    if response.status_code == 206:
        if origin is None or not _continues(response, origin, partial.size):
            partial.remove()
            raise TransientError("a part that does not continue what was received")
    else:
        # Before what was received is dropped: a login page must not cost it.
        start, body = _peeked(body)
        if not page_expected and looks_like_html(start):
            raise _web_page(url)
        origin = _origin(response, url)
        partial.begin(origin)
    partial.append(body, origin)


def looks_like_html(start: bytes) -> bool:
    """Whether a file that begins with these bytes is a web page."""
    return _HTML.match(start) is not None


def _peeked(body: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, and all of them."""
    start = b""
    for chunk in body:
        start += chunk
        if len(start) >= SNIFFED:
            break
    return start[:SNIFFED], chain([start], body)


def _web_page(url: str) -> SourceError:
    return refused(url, "a web page (HTML), perhaps a login or error page")


def _check_status(response: requests.Response, url: str, partial: Partial) -> None:
    status = response.status_code
    if status in (200, 206):
        return
    answer = f"HTTP status {status} ({response.reason})"
    if status == 416:  # the file is shorter than what was received: it is another one
        partial.remove()
    if status >= 500 or status in (408, 416, 429):
        raise TransientError(answer, _retry_after(response))
    raise refused(url, answer)


def _retry_after(response: requests.Response) -> float | None:
    """Seconds that the server asks to wait; None where it does not say, or says nonsense."""
    try:
        return urllib3.Retry().get_retry_after(response.raw)
    except urllib3.exceptions.InvalidHeader:
        return None


def _kind(response: requests.Response) -> str:
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _continues(response: requests.Response, origin: Origin, size: int) -> bool:
    """Whether a 206 answer holds the next bytes of the very file that was begun."""
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", response.headers.get("Content-Range", ""))
    if found is None:
        return False
    start, end = int(found[1]), int(found[2])
    whole = None if found[3] == "*" else int(found[3])
    part = _origin(response, origin.url)
    return (
        start == size
        and part.length in (None, end - start + 1)
        and (whole is None or origin.length in (None, whole))
        # Some servers answer with a part although If-Range does not hold.
        and part.validator in (None, origin.validator)
    )


def _origin(response: requests.Response, url: str) -> Origin:
    length = response.headers.get("Content-Length", "")
    return Origin(
        url,
        response.headers.get("ETag"),
        response.headers.get("Last-Modified"),
        int(length) if length.isdigit() else None,
    )
