"""One attempt to get a file, or the rest of it, by HTTP."""

import queue
import re
import ssl
import threading
from collections.abc import Iterator
from io import BytesIO
from itertools import chain
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import requests
import urllib3
from urllib3.response import HTTPResponse

from noncoding.common.secrets import redacted
from noncoding.data.download.partial import Origin, Partial, TransientError
from noncoding.data.download.retries import SCHEDULE
from noncoding.data.download.sources import CHUNK, SourceError, refused

SNIFFED = 1024
"""Bytes in which a web page has shown itself."""

_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:(?:<\?xml[^>]*>|<!--.*?-->)\s*)*"
    rb"<(?:!doctype\s+html|html|head|body|title)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
"""A byte order mark, white space, an XML declaration and comments may stand before it."""

LONGEST_HEADERS = 5
"""Timeouts within which all headers must have arrived, however slowly they come."""
_COUNT = "[0-9]{1,18}"
"""A number of bytes in a header: ASCII digits, and no more than a file can have."""
_GZIP_NAMES = (".gz", ".bgz", ".tgz", ".gzip")
_GZIP_KINDS = ("application/gzip", "application/x-gzip")
_TLS_REMEDY = (
    "Check the address, the clock and the certificates of this machine (REQUESTS_CA_BUNDLE names "
    "those of your own network); or set a mirror, or the path of a copy that you have."
)
_BROKEN_OFF = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
"""TLS errors of a lost connection; any other would recur at the next attempt."""


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
        with _answer(url, headers, timeout) as response:
            _receive(response, url, origin, partial)
    except requests.exceptions.SSLError as error:
        reason = _reason(error)
        if isinstance(reason, _BROKEN_OFF):
            raise TransientError(f"a lost connection ({reason})") from error
        raise refused(url, f"no secure connection ({reason})", _TLS_REMEDY) from error
    except (requests.exceptions.InvalidProxyURL, requests.exceptions.InvalidURL) as error:
        raise refused(url, f"an address that cannot be asked ({error})") from error
    except (
        requests.ConnectionError,
        requests.Timeout,
        requests.exceptions.ChunkedEncodingError,
        urllib3.exceptions.HTTPError,
    ) as error:
        raise TransientError(f"a lost connection ({_reason(error)})") from error
    # ValueError: what a redirection or a proxy in the environment names is no address.
    except (requests.RequestException, ValueError) as error:
        raise refused(url, f"no address or answer that can be understood ({error})") from error


def _answer(url: str, headers: dict[str, str], timeout: float) -> requests.Response:
    """The answer up to its body."""
    answers: queue.Queue[requests.Response | Exception] = queue.Queue(1)

    def ask() -> None:
        try:
            answer = requests.get(
                url,
                headers=headers,
                stream=True,
                timeout=timeout,
                hooks={"response": _without_body_of_redirection},
            )
            answers.put(answer)
        except Exception as error:
            answers.put(error)

    # The timeout begins anew with each byte, in TLS, a proxy and redirections, too.
    threading.Thread(target=ask, daemon=True).start()
    patience = LONGEST_HEADERS * timeout
    try:
        answer = answers.get(timeout=patience)
    except queue.Empty:
        raise TransientError(f"headers without an end after {patience:g} s") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _without_body_of_redirection(response: requests.Response, **_: object) -> None:
    """Drop what requests would read as a whole before it follows."""
    if response.is_redirect:
        original = response.raw._original_response  # Its headers hold the cookies to send back.
        response.close()
        response.raw = HTTPResponse(BytesIO(), preload_content=False, original_response=original)


def _reason(error: BaseException) -> BaseException:
    """The error at the bottom; those above it repeat the address, with its secrets."""
    for inner in (getattr(error, "reason", None), *error.args, error.__cause__):
        if isinstance(inner, Exception):
            return _reason(inner)
    return error


def _receive(
    response: requests.Response, url: str, origin: Origin | None, partial: Partial
) -> None:
    _check_status(response, url, partial)
    page_expected = PurePosixPath(urlsplit(url).path).suffix.lower() in (".html", ".htm")
    if not page_expected and _kind(response) == "text/html":
        raise _web_page(url)
    packed = _packed_on_the_way(response, url, partial)
    body = response.raw.stream(CHUNK, decode_content=packed)
    if response.status_code == 206:
        if origin is None or packed or not _continues(response, origin, partial.size):
            partial.remove()
            raise TransientError("a part that does not continue what was received")
    else:
        # Before what was received is dropped: a login page must not cost it.
        start, body = _peeked(body)
        if not page_expected and looks_like_html(start):
            raise _web_page(url)
        # The headers describe the compressed bytes, so that this download cannot be resumed.
        origin = Origin(redacted(url)) if packed else _origin(response, url)
        partial.begin(origin)
    partial.append(body, origin)


def _packed_on_the_way(response: requests.Response, url: str, partial: Partial) -> bool:
    """Whether the body must be unpacked to be the file, although that was not asked for.

    Some servers mark a file that is itself a gzip in this way; it is kept as it lies there.
    """
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return False
    names = (urlsplit(url).path, partial.destination.name)
    if encoding in ("gzip", "x-gzip") and (
        _kind(response) in _GZIP_KINDS or any(name.lower().endswith(_GZIP_NAMES) for name in names)
    ):
        return False
    if encoding not in HTTPResponse.CONTENT_DECODERS:
        raise refused(url, f"a file that is packed on the way (Content-Encoding: {encoding[:80]})")
    return True


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
        return SCHEDULE.get_retry_after(response.raw)
    except (urllib3.exceptions.InvalidHeader, ValueError, OverflowError):
        return None


def _kind(response: requests.Response) -> str:
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _continues(response: requests.Response, origin: Origin, size: int) -> bool:
    """Whether a 206 answer holds the next bytes of the very file that was begun."""
    span = response.headers.get("Content-Range", "")
    found = re.fullmatch(rf"bytes ({_COUNT})-({_COUNT})/({_COUNT}|\*)", span)
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
        redacted(url),
        response.headers.get("ETag"),
        response.headers.get("Last-Modified"),
        response.headers.get("Date"),
        int(length) if re.fullmatch(_COUNT, length) else None,
    )
