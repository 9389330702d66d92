"""Download by HTTP: requests, retries, and the check of answers."""

import logging
import multiprocessing
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from multiprocessing.pool import ThreadPool
from pathlib import PurePosixPath
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3
from urllib3 import HTTPResponse, Retry

from noncoding.common.redaction import redacted
from noncoding.data.download.partial import Origin, Partial, TransientError
from noncoding.data.download.sources import CHUNK, SourceError

LOG = logging.getLogger(__name__)

RETRY = Retry(
    total=5,
    status_forcelist={408, 416, 429, *range(500, 600)},
    backoff_factor=1,
    backoff_max=60,
    retry_after_max=600,
)
"""Up to six attempts without progress, after 0, 2, 4, … s or as long as the server asks for."""
TIMEOUT = 60.0
"""Seconds without an answer or a byte that count as a lost connection."""
MAX_HEADER_TIME = 5
"""Timeouts within which all headers must have arrived, however slowly they come; a check also waits
for the first bytes of the body for so long."""
SNIFFED = 1024
"""Bytes in which a web page is recognised."""
CHECK_RETRY = RETRY.new(total=1, backoff_max=10, retry_after_max=30)
"""Two attempts of a check, since the download itself has more patience."""

_T = TypeVar("_T")
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:(?:<\?xml[^>]*>|<!--.*?-->)\s*)*"
    rb"<(?:!doctype\s+html|html|head|body|title)[\s>]",
    re.IGNORECASE | re.DOTALL,
)
"""A byte order mark, white space, an XML declaration and comments may precede it."""
_COUNT = "[0-9]{1,18}"
"""A number of bytes in a header: ASCII digits, and no more than a file can have."""
_GZIP_NAMES = (".gz", ".bgz", ".tgz", ".gzip")
_GZIP_KINDS = ("application/gzip", "application/x-gzip")
_WEB_PAGE = "a web page (HTML), perhaps a login or error page"
_REMEDY = "set a mirror, or the path of a copy that you have."
_LOST_CONNECTION = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    urllib3.exceptions.HTTPError,
)
_LOST_TLS_CONNECTION = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
"""Any other error of TLS would recur at the next attempt."""


class NoAnswerError(SourceError):
    """A server did not answer, or answered that it cannot answer for the moment."""


def fetch_http(url: str, partial: Partial) -> None:
    """Download a file, or the rest of it where that is safe.

    Raises
    ------
    SourceError
        The server refuses, sends a web page, or all attempts of `RETRY` failed, which are
        counted from the last one that received more bytes than all before.
    InputError, OSError
        See `noncoding.data.download.partial.Partial.write`.
    """
    # Not `HTTPAdapter(max_retries=RETRY)`: it cannot resume a body, and logs secrets of URLs.
    retry, furthest = RETRY, 0
    while True:
        try:
            return _attempt(url, partial)
        except TransientError as error:
            if (size := partial.received(url)) > furthest:
                retry, furthest = RETRY, size
            retry = _next(retry, url, error)
            LOG.warning("%s: %s; trying again", redacted(url), error)
            _sleep(retry, error)


def check_http(url: str, session: requests.Session) -> None:
    """Check that a server sends a file, of which only the first bytes are requested.

    A request of the body, not of the headers alone (HEAD), which some servers refuse, others
    answer although they refuse the file, and in which a web page may look like a file.

    Raises
    ------
    NoAnswerError
        The server did not answer in the attempts of `CHECK_RETRY`, each within `TIMEOUT`.
    SourceError
        It refuses, or sends a web page.
    """
    retry = CHECK_RETRY
    while True:
        try:
            return _check(url, session)
        except TransientError as error:
            retry = _next(retry, url, error)
            _sleep(retry, error)


def _check(url: str, session: requests.Session) -> None:
    headers = {"Accept-Encoding": "identity", "Range": f"bytes=0-{SNIFFED - 1}"}
    with _converted_errors(url):
        response = _answer(url, headers, session.get)
    with response:
        if response.status_code == 416:  # an empty file
            return
        if response.status_code == 429:  # the job waits as long as the server asks for
            return
        _require_file(response, url)
        body = _body(response, url, _is_encoded(response, url, ""))
        with suppress(multiprocessing.TimeoutError):  # it sends the file slowly
            _bounded(_start, url, body)


def _next(retry: Retry, url: str, error: TransientError) -> Retry:
    """The state of the retries after another failure; `NoAnswerError` after the last."""
    try:
        return retry.increment(error=error)
    except urllib3.exceptions.MaxRetryError:
        raise NoAnswerError(
            url,
            f"{error}, at the last of {len(retry.history) + 1} attempts",
            "the whole file",
            "Check the connection and run again: what was received is kept and, where "
            "the server allows it, the download resumes. Or set a mirror.",
        ) from error


def _sleep(retry: Retry, error: TransientError) -> None:
    try:
        retry.sleep(error.response)
    except (urllib3.exceptions.InvalidHeader, ValueError, OverflowError):
        retry.sleep()  # Retry-After is neither a number nor a date


def _attempt(url: str, partial: Partial) -> None:
    origin = partial.origin if partial.is_resumable(url) else None
    if origin and partial.size == origin.length:
        return  # killed between the last byte and the final name
    # Compressed transfer would change lengths and make ranges meaningless.
    headers = {"Accept-Encoding": "identity"}
    if origin:
        headers |= {"Range": f"bytes={partial.size}-", "If-Range": str(origin.validator)}
    with _converted_errors(url):
        response = _answer(url, headers)
    with response:
        status = response.status_code
        if status == 416:  # the file is shorter than what was received: it is another one
            partial.remove()
        _require_file(response, url)
        is_encoded = _is_encoded(response, url, partial.destination.name)
        body = _body(response, url, is_encoded)
        if status == 206:
            if origin is None or is_encoded or not _continues(response, origin, partial.size):
                partial.remove()
                raise TransientError("a range that does not continue the partial file")
            partial.write(body, origin, resume=True)
        else:
            # Read before what was received is dropped: a login page must not cost it.
            start = _start(url, body)
            # The headers describe the encoded bytes, so that such a download cannot resume.
            origin = Origin(redacted(url)) if is_encoded else _origin(response, url)
            partial.write(chain([start], body), origin, resume=False)


def _require_file(response: requests.Response, url: str) -> None:
    """Refuse an answer that by its headers is no file."""
    status = response.status_code
    if status not in (200, 206):
        answer = f"HTTP status {status} ({response.reason})"
        if RETRY.is_retry("GET", status):
            raise TransientError(answer, response.raw)
        raise _refused(url, answer)
    if not _is_page_expected(url) and _media_type(response) == "text/html":
        raise _refused(url, _WEB_PAGE)


def _start(url: str, body: Iterator[bytes]) -> bytes:
    """The first bytes of a body, at least `SNIFFED` of a longer one, which are no web page."""
    start = b""
    while len(start) < SNIFFED and (more := next(body, b"")):
        start += more
    if not _is_page_expected(url) and _HTML.match(start[:SNIFFED]):
        raise _refused(url, _WEB_PAGE)
    return start


def _is_page_expected(url: str) -> bool:
    return PurePosixPath(urlsplit(url).path).suffix.lower() in (".html", ".htm")


def _answer(
    url: str,
    headers: dict[str, str],
    get: Callable[..., requests.Response] = requests.get,
) -> requests.Response:
    """The answer up to its body."""

    def drop_body_of_redirection(response: requests.Response, **_: object) -> None:
        if response.is_redirect:
            response.close()  # requests would read all of it

    options: dict[str, Any] = {
        "headers": headers,
        "stream": True,
        "timeout": TIMEOUT,
        "hooks": {"response": drop_body_of_redirection},
    }
    try:
        return _bounded(get, url, **options)
    except multiprocessing.TimeoutError:
        patience = MAX_HEADER_TIME * TIMEOUT
        raise TransientError(f"incomplete headers after {patience:g} s") from None


def _bounded(function: Callable[..., _T], *arguments: Any, **options: Any) -> _T:
    """The result of a function, or TimeoutError of multiprocessing after `MAX_HEADER_TIME`."""
    # The timeout of requests starts again with each byte.
    with ThreadPool(1) as pool:
        return pool.apply_async(function, arguments, options).get(MAX_HEADER_TIME * TIMEOUT)


def _body(response: requests.Response, url: str, is_encoded: bool) -> Iterator[bytes]:
    with _converted_errors(url):
        yield from response.raw.stream(CHUNK, decode_content=is_encoded)


@contextmanager
def _converted_errors(url: str) -> Iterator[None]:
    """Convert errors of the connection to `TransientError` or `SourceError`."""
    try:
        yield
    # ValueError: a redirection or a proxy in the environment is not a valid address.
    except (OSError, ValueError, urllib3.exceptions.HTTPError) as error:
        reason = _root_cause(error)
        is_tls = isinstance(error, requests.exceptions.SSLError)
        if is_tls and not isinstance(reason, _LOST_TLS_CONNECTION):
            raise SourceError(
                url,
                f"no secure connection ({reason})",
                "a file to download",
                "Check the address, the clock and the certificates of this machine "
                f"(REQUESTS_CA_BUNDLE names those of your own network); or {_REMEDY}",
            ) from error
        if isinstance(error, _LOST_CONNECTION):
            raise TransientError(f"a lost connection ({reason})") from error
        raise _refused(url, f"an address or answer that is not valid ({reason})") from error


def _root_cause(error: BaseException) -> BaseException:
    """The innermost error; those around it repeat the address, with its secrets."""
    for inner in (getattr(error, "reason", None), *error.args, error.__cause__):
        if isinstance(inner, Exception):
            return _root_cause(inner)
    return error


def _refused(url: str, found: str) -> SourceError:
    remedy = f"Open the address in a browser and correct it; or {_REMEDY}"
    return SourceError(url, found, "a file to download", remedy)


def _media_type(response: requests.Response) -> str:
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _is_encoded(response: requests.Response, url: str, name: str) -> bool:
    """Whether the body must be decoded to be the file `name`, although that was not asked for.

    Some servers mark a file that is itself a gzip in this way; it is kept as it is.
    """
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    names = (urlsplit(url).path.lower(), name.lower())
    is_gzip_file = _media_type(response) in _GZIP_KINDS or any(
        name.endswith(_GZIP_NAMES) for name in names
    )
    if encoding in ("", "identity") or (encoding in ("gzip", "x-gzip") and is_gzip_file):
        return False
    if encoding not in HTTPResponse.CONTENT_DECODERS:
        raise _refused(url, f"a file in an unknown Content-Encoding: {encoding[:80]}")
    return True


def _continues(response: requests.Response, origin: Origin, size: int) -> bool:
    """Whether a 206 answer holds the next bytes of the file that was started."""
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
    get = response.headers.get
    length = get("Content-Length", "")
    known_length = int(length) if re.fullmatch(_COUNT, length) else None
    return Origin(redacted(url), get("ETag"), get("Last-Modified"), get("Date"), known_length)
