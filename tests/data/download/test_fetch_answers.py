"""Servers with temporary or permanent errors, without an answer, or with unusual answers."""

import gzip
import socketserver
from contextlib import suppress
from hashlib import sha256

import pytest
from misbehaving import (
    BODY,
    DIGEST,
    by_path,
    drop_first,
    fetched,
    first,
    hang_first,
    names,
    refused,
)

from noncoding.common.stage_logging import logged_stage
from noncoding.stages.fetch import fetch


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408])
def test_retries_after_temporary_errors(site, get, destination, status):
    site.answer = lambda handler, number: (
        handler.reply(b"busy", status=status) if number <= 2 else handler.reply()
    )
    get(f"{site.url}/x")
    assert fetched(destination)
    assert len(site.requests) == 3


@pytest.mark.parametrize(
    ("requested", "waited"),
    [
        ("1", 1),
        ("0", 0),
        ("100000", 2),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2099 07:28:00 GMT", 2),
        ("soon", 0),
        ("9" * 5000, 0),
    ],
    ids=["seconds", "none", "too long", "a past date", "a future date", "no number", "absurd"],
)
def test_respects_retry_after(site, get, destination, patience, requested, waited):
    busy = {"status": 503, "headers": {"Retry-After": requested}}
    site.answer = first(lambda handler: handler.reply(b"busy", **busy))
    patience(retry_after_max=2)
    get(f"{site.url}/x")
    assert fetched(destination)
    assert waited <= site.intervals[0] < waited + 1.9


def test_retries_if_the_connection_closes_without_an_answer(site, get, destination):
    site.answer = first(lambda _: None)
    get(f"{site.url}/x")
    assert fetched(destination)


def test_stops_after_six_attempts(site, get, destination):
    site.answer = lambda handler, _: handler.reply(b"busy", status=503)
    error = refused(get, destination, f"{site.url}/x")
    assert error.where == f"{site.url}/x"
    assert "503" in error.found
    assert "6 attempts" in error.found
    assert len(site.requests) == 6


def test_intervals_between_attempts_grow(site, get, destination, patience):
    site.answer = lambda handler, _: handler.reply(b"busy", status=503)
    patience(total=3, backoff_factor=0.1)
    refused(get, destination, f"{site.url}/x")
    assert site.intervals[1] >= 0.2
    assert site.intervals[2] >= 0.4


def test_retries_after_a_timeout(site, get, destination, patience):
    site.answer = hang_first(site)
    patience(timeout=0.5)
    get(f"{site.url}/x")
    assert fetched(destination)


def test_connection_refused(get, destination):
    with socketserver.TCPServer(("127.0.0.1", 0), None) as closed:
        port = closed.server_address[1]
    error = refused(get, destination, f"http://127.0.0.1:{port}/x")
    assert "a lost connection" in error.found
    assert "6 attempts" in error.found


@pytest.mark.parametrize("status", [403, 404])
def test_permanent_errors_are_not_retried(site, get, destination, status):
    site.answer = lambda handler, _: handler.reply(b"no", status=status)
    error = refused(get, destination, f"{site.url}/x")
    assert error.where == f"{site.url}/x"
    assert str(status) in error.found
    assert "mirror" in error.remedy
    assert len(site.requests) == 1
    assert names(destination.parent) == [destination.name]


def test_circular_redirection(site, get, destination):
    site.answer = lambda handler, _: handler.reply(b"", status=302, headers={"Location": "/x"})
    error = refused(get, destination, f"{site.url}/x")
    assert "redirects" in error.found


def test_body_that_is_always_short(site, get, destination, patience):
    site.answer = lambda handler, _: handler.reply(ranges=False, stop=1000)
    patience(total=1)
    error = refused(get, destination, f"{site.url}/x")
    assert "at the last of 2 attempts" in error.found
    assert "the whole file" in error.expected


def test_content_length_that_is_too_small_is_detected_by_the_digest(site, get, destination):
    site.answer = lambda handler, _: handler.reply(headers={"Content-Length": 1000})
    error = refused(get, destination, f"{site.url}/x", sha256=DIGEST)
    assert sha256(BODY[:1000]).hexdigest() in error.found
    assert len(site.requests) == 1


def test_wrong_digest(site, get, destination):
    error = refused(get, destination, f"{site.url}/x", sha256="0" * 64)
    assert error.where == f"{site.url}/x"
    assert DIGEST in error.found
    assert "0" * 64 in error.expected
    assert "run again" in error.remedy
    assert names(destination.parent) == [destination.name]


def test_requests_no_compressed_transfer(site, get):
    get(f"{site.url}/x")
    assert site.headers[0]["Accept-Encoding"] == "identity"


def test_gzip_file_marked_as_encoded_is_kept(site, get, destination):
    site.answer = lambda handler, _: handler.reply(headers={"Content-Encoding": "gzip"})
    get(f"{site.url}/bundle.tar.gz")
    assert fetched(destination)


def test_follows_a_redirection(site, get, destination):
    moved = {"status": 302, "headers": {"Location": "/new"}}
    site.answer = by_path(
        old=lambda handler: handler.reply(b"", **moved), new=lambda handler: handler.reply()
    )
    get(f"{site.url}/old")
    assert fetched(destination)


def test_a_cookie_of_a_redirection_is_sent_back(site, get, destination):
    def answer(handler, _):
        if handler.headers.get("Cookie") == "seen=yes":
            handler.reply()
        else:
            moved = {"Location": handler.path, "Set-Cookie": "seen=yes"}
            handler.reply(b"moved", status=302, headers=moved)

    site.answer = answer
    get(f"{site.url}/x")
    assert fetched(destination)
    assert len(site.requests) == 2


@pytest.mark.parametrize("headers", [{}, {"Transfer-Encoding": "chunked"}])
def test_redirection_with_an_endless_body(site, get, destination, patience, headers):
    def answer(handler, _):
        if handler.path == "/new":
            handler.reply()
            return
        handler.send_response(302)
        for name, value in {"Location": "/new", **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        with suppress(OSError):  # until the client hangs up
            while not site.released.wait(0.05):
                handler.wfile.write(b"5\r\nmoved\r\n")

    site.answer = answer
    patience(timeout=1)
    get(f"{site.url}/old")
    assert fetched(destination)
    assert len(site.requests) == 2


def test_compressed_transfer_of_a_plain_file_is_decoded(site, tmp_path):
    packed = gzip.compress(BODY)
    site.answer = lambda handler, _: handler.reply(packed, headers={"Content-Encoding": "gzip"})
    fetch(f"{site.url}/genome.fa", tmp_path / "genome.fa", sha256=DIGEST)


def test_endless_headers(site, get, destination, patience):
    def slow(handler):
        while not site.released.wait(0.05):
            handler.wfile.write(b"H")
            handler.wfile.flush()

    site.answer = first(slow)
    patience(timeout=0.2)
    get(f"{site.url}/x")
    assert fetched(destination)
    assert len(site.requests) == 2


@pytest.mark.parametrize("length", ["\xb2", "9" * 5000, "-5", "1" + "0" * 400])
def test_invalid_content_length(site, get, destination, length):
    site.answer = first(lambda handler: handler.reply(headers={"Content-Length": length}))
    get(f"{site.url}/x", sha256=DIGEST)
    assert fetched(destination)


def test_contradicting_content_lengths(site, get, destination):
    def answer(handler, _):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(BODY)))
        handler.send_header("Content-Length", "5")
        handler.end_headers()
        handler.wfile.write(BODY)

    site.answer = answer
    error = refused(get, destination, f"{site.url}/x")
    assert "Content-Length contained multiple unmatching values (500000, 5)" in error.found
    assert len(site.requests) == 1


@pytest.mark.parametrize("value", ["\xe9", "\t", "y" * 60_000, ""])
@pytest.mark.parametrize("name", ["ETag", "Last-Modified", "Date", "Content-Type", "Server"])
def test_unusual_header_values(site, get, destination, name, value):
    """They are not sent back in If-Range."""
    site.answer = drop_first(etag=None, headers={name: value})
    get(f"{site.url}/x")
    assert fetched(destination)
    assert [back for *_, back in site.requests] == [None, None]


@pytest.mark.parametrize("message", [b"\x1b]0;title\x07\x1b[2J", b"y" * 60_000])
def test_server_messages_are_logged_in_one_short_line(site, tmp_path, patience, message):
    site.answer = lambda handler, _: handler.wfile.write(message + b"\n")
    log = tmp_path / "log"
    patience(total=1)
    with pytest.raises(SystemExit), logged_stage(log):
        fetch(f"{site.url}/x", tmp_path / "x")
    lines = log.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2  # one an attempt
    for line in lines:
        assert "a lost connection" in line
        assert line.isprintable()
        assert len(line) < 2000
