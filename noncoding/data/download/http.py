"""Download by HTTP: requests, retries, and the check of answers."""

import logging
import multiprocessing
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from multiprocessing.pool import ThreadPool
from pathlib import PurePosixPath
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
"""Timeouts within which all headers must have arrived, however slowly they come."""
SNIFFED = 1024
"""Bytes in which a web page is recognised."""

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
            try:
                retry = retry.increment(error=error)
            except urllib3.exceptions.MaxRetryError:
                raise SourceError(
                    url,
                    f"{error}, at the last of {len(retry.history) + 1} attempts",
                    "the whole file",
                    "Check the connection and run again: what was received is kept and, where "
                    "the server allows it, the download resumes. Or set a mirror.",
                ) from error
            LOG.warning("%s: %s; trying again", redacted(url), error)
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
        if status not in (200, 206):
            answer = f"HTTP status {status} ({response.reason})"
            if RETRY.is_retry("GET", status):
                raise TransientError(answer, response.raw)
            raise _refused(url, answer)
        is_page_expected = PurePosixPath(urlsplit(url).path).suffix.lower() in (".html", ".htm")
        if not is_page_expected and _media_type(response) == "text/html":
            raise _refused(url, _WEB_PAGE)
        is_encoded = _is_encoded(response, url, partial)
        body = _body(response, url, is_encoded)
        if status == 206:
            if origin is None or is_encoded or not _continues(response, origin, partial.size):
                partial.remove()
                raise TransientError("a range that does not continue the partial file")
            partial.write(body, origin, resume=True)
        else:
            start = b""  # read before what was received is dropped: a login page must not cost it
            while len(start) < SNIFFED and (more := next(body, b"")):
                start += more
            if not is_page_expected and _HTML.match(start[:SNIFFED]):
                raise _refused(url, _WEB_PAGE)
            # The headers describe the encoded bytes, so that such a download cannot resume.
            origin = Origin(redacted(url)) if is_encoded else _origin(response, url)
            partial.write(chain([start], body), origin, resume=False)


def _answer(url: str, headers: dict[str, str]) -> requests.Response:
    """The answer up to its body."""

    def drop_body_of_redirection(response: requests.Response, **_: object) -> None:
        if response.is_redirect:
            response.close()  # requests would read all of it

    options = {
        "headers": headers,
        "stream": True,
        "timeout": TIMEOUT,
        "hooks": {"response": drop_body_of_redirection},
    }
    # The timeout of requests starts again with each byte.
    patience = MAX_HEADER_TIME * TIMEOUT
    with ThreadPool(1) as pool:
        try:
            return pool.apply_async(requests.get, (url,), options).get(patience)
        except multiprocessing.TimeoutError:
            raise TransientError(f"incomplete headers after {patience:g} s") from None


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


def _is_encoded(response: requests.Response, url: str, partial: Partial) -> bool:
    """Whether the body must be decoded to be the file, although that was not asked for.

    Some servers mark a file that is itself a gzip in this way; it is kept as it is.
    """
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    names = (urlsplit(url).path.lower(), partial.destination.name.lower())
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
