"""Any answer of a server leads to the right file or to an error message."""

import gzip
import tempfile
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from misbehaving import BODY, ETAG, OTHER

from noncoding.common.errors import InputError
from noncoding.stages.fetch import fetch

FILE = BODY[:40_000]
SPAN = f"bytes 20000-{len(FILE) - 1}/{len(FILE)}"
DATE = "Wed, 21 Oct 2015 07:28:00 GMT"
VALUES = {
    "Content-Length": ["0", "5", "20000", "40000", "40001", "-1", "9" * 25, "5, 6", "1e3", "\xb2"],
    "Content-Range": [SPAN, "bytes 0-39999/40000", "bytes 20000-9/*", "bytes */40000", "bytes"],
    "Content-Encoding": ["gzip", "x-gzip", "deflate", "identity", "gzip, gzip", "packed"],
    "Transfer-Encoding": ["chunked", "gzip, chunked", "none"],
    "Content-Type": ["text/html", "application/gzip", ";", "\xe9"],
    "ETag": [ETAG, 'W/"one"', "one", "\xe9"],
    "Last-Modified": [DATE, "today"],
    "Date": [DATE, "today"],
    "Retry-After": ["0", "-1", "9" * 30, DATE, "\xb2"],
    "Location": [
        "/y",
        "",
        "//",
        "http://[",
        "http://127.0.0.1:port/",
        "file:///etc/passwd",
        "\xe9",
    ],
    "Set-Cookie": ["a=b", "=", "\xe9;;"],
}
LINE = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n/:"), max_size=20)
HEADER = st.sampled_from(sorted(VALUES)).flatmap(
    lambda name: st.tuples(st.just(name), st.sampled_from(VALUES[name]) | LINE)
) | st.tuples(LINE, LINE)
BODIES = st.sampled_from(
    [
        FILE,
        FILE[20_000:],
        OTHER[:40_000],
        gzip.compress(FILE),
        b"9c40\r\n" + FILE + b"\r\n0\r\n\r\n",
        b"fffffffff\r\n" + FILE,
        b"<!doctype html>",
    ]
) | st.binary(max_size=50)
STATUS = st.sampled_from([200, 206, 301, 302, 304, 401, 416, 429, 503]) | st.integers(0, 1000)


@st.composite
def raw_answers(draw):
    """The bytes of an answer, which may be cut anywhere, or not be HTTP."""
    head = f"HTTP/1.1 {draw(STATUS)} {draw(LINE)}\r\n"
    for name, value in draw(st.lists(HEADER, max_size=5)):
        head += f"{name}: {value}\r\n"
    answer = head.encode("latin-1") + b"\r\n" + draw(BODIES)
    end = draw(st.none() | st.integers(0, len(head) + 30_000))
    return draw(st.just(answer[:end]) | st.binary(max_size=50))


ANSWERS = st.just("whole") | st.just("first half") | raw_answers()


@settings(
    max_examples=100,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(answers=st.lists(ANSWERS, max_size=4), known=st.booleans())
def test_any_answer_ends_with_the_right_file_or_a_message(site, patience, answers, known):
    patience(total=2, retry_after_max=0)
    served = []

    def answer(handler, _):
        sent = answers[len(served)] if len(served) < len(answers) else "whole"
        served.append(sent)
        with suppress(OSError):  # the client has seen enough
            if isinstance(sent, bytes):
                handler.wfile.write(sent)
            else:
                handler.reply(FILE, stop=20_000 if sent == "first half" else None)

    site.answer = answer
    digest = sha256(FILE).hexdigest() if known else None
    with tempfile.TemporaryDirectory() as folder:
        final = Path(folder, "raw", "x.fa")
        final.parent.mkdir()
        final.write_bytes(b"from before")
        try:
            fetch(f"{site.url}/x.fa", final, sha256=digest, room=10**6)
        except InputError as error:
            assert str(error).isprintable()
            assert final.read_bytes() == b"from before"
        else:
            assert final.read_bytes() == FILE or not known
            assert {path.name for path in final.parent.iterdir()} == {"x.fa", "x.fa.lock.json"}
