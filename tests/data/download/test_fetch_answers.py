"""Servers that answer "later", "no", nothing, or with something else than the file."""

import gzip
import socketserver
from contextlib import suppress
from hashlib import sha256

import pytest
from misbehaving import BODY, DIGEST, drop_first, fetched, hang_first, names, refused

from noncoding.common.stage_logging import logged_stage
from noncoding.stages.fetch import fetch


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408])
def test_tries_again_where_the_answer_is_later(site, get, destination, pauses, status):
    site.answer = lambda handler, number: (
        handler.reply(b"busy", status=status) if number <= 2 else handler.reply()
    )
    get(f"{site.url}/x")
    assert fetched(destination)
    assert pauses == [1, 2]


@pytest.mark.parametrize(
    ("wished", "pause"),
    [
        ("7", 7),
        ("0", 1),
        ("100000", 600),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 1),
        ("Wed, 21 Oct 2099 07:28:00 GMT", 600),
        ("soon", 1),
    ],
    ids=["seconds", "none", "too long", "a date gone by", "a date far ahead", "nonsense"],
)
@pytest.mark.parametrize("status", [429, 503])
def test_waits_as_long_as_the_server_asks(site, get, destination, pauses, status, wished, pause):
    site.answer = lambda handler, number: (
        handler.reply(b"busy", status=status, headers={"Retry-After": wished})
        if number == 1
        else handler.reply()
    )
    get(f"{site.url}/x")
    assert fetched(destination)
    assert pauses == [pause]


def test_hangs_up_without_an_answer(site, get, destination, pauses):
    site.answer = lambda handler, number: None if number == 1 else handler.reply()
    get(f"{site.url}/x")
    assert fetched(destination)
    assert pauses == [1]


def test_gives_up_in_the_end(site, get, destination, pauses):
    site.answer = lambda handler, _: handler.reply(b"busy", status=503)
    error = refused(get, destination, f"{site.url}/x", retries=8)
    assert error.where == f"{site.url}/x"
    assert "503" in error.found
    assert "9 attempts" in error.found
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_server_that_is_silent(site, get, destination):
    site.answer = hang_first(site)
    get(f"{site.url}/x", timeout=0.5)
    assert fetched(destination)


def test_nobody_listens(get, destination, pauses):
    with socketserver.TCPServer(("127.0.0.1", 0), None) as closed:
        port = closed.server_address[1]
    error = refused(get, destination, f"http://127.0.0.1:{port}/x", retries=2)
    assert "a lost connection" in error.found
    assert pauses == [1, 2]


@pytest.mark.parametrize("status", [403, 404])
def test_not_there(site, get, destination, pauses, status):
    site.answer = lambda handler, _: handler.reply(b"no", status=status)
    error = refused(get, destination, f"{site.url}/x")
    assert error.where == f"{site.url}/x"
    assert str(status) in error.found
    assert "mirror" in error.remedy
    assert pauses == []
    assert len(site.requests) == 1
    assert names(destination.parent) == [destination.name]


def test_sent_round_in_circles(site, get, destination, pauses):
    site.answer = lambda handler, _: handler.reply(b"", status=302, headers={"Location": "/x"})
    error = refused(get, destination, f"{site.url}/x")
    assert "redirects" in error.found
    assert pauses == []


def test_body_that_is_always_short(site, get, destination):
    site.answer = lambda handler, _: handler.reply(ranges=False, stop=1000)
    error = refused(get, destination, f"{site.url}/x", retries=1)
    assert "at the last of 2 attempts" in error.found
    assert "the whole file" in error.expected


def test_length_that_says_too_little_is_found_by_the_digest(site, get, destination, pauses):
    site.answer = lambda handler, _: handler.reply(headers={"Content-Length": 1000})
    error = refused(get, destination, f"{site.url}/x", sha256=DIGEST)
    assert sha256(BODY[:1000]).hexdigest() in error.found
    assert pauses == []


def test_wrong_digest(site, get, destination):
    error = refused(get, destination, f"{site.url}/x", sha256="0" * 64)
    assert error.where == f"{site.url}/x"
    assert DIGEST in error.found
    assert "0" * 64 in error.expected
    assert "run again" in error.remedy
    assert names(destination.parent) == [destination.name]


@pytest.mark.parametrize("digest", ["", DIGEST[:-1], "g" * 64])
def test_digest_that_is_none(site, get, destination, digest):
    refused(get, destination, f"{site.url}/x", sha256=digest)
    assert site.requests == []


def test_asks_for_no_packing_on_the_way(site, get):
    asked = []

    def answer(handler, _):
        asked.append(handler.headers["Accept-Encoding"])
        handler.reply()

    site.answer = answer
    get(f"{site.url}/x")
    assert asked == ["identity"]


def test_packed_on_the_way_is_kept_as_sent(site, get, destination):
    site.answer = lambda handler, _: handler.reply(headers={"Content-Encoding": "gzip"})
    get(f"{site.url}/bundle.tar.gz")
    assert fetched(destination)


def test_follows_a_moved_file(site, get, destination):
    def answer(handler, _):
        if handler.path == "/old":
            handler.reply(b"", status=302, headers={"Location": "/new"})
        else:
            handler.reply()

    site.answer = answer
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


def test_a_redirection_with_a_body_without_an_end(site, get, destination, pauses):
    def answer(handler, _):
        if handler.path == "/new":
            handler.reply()
            return
        handler.send_response(302)
        handler.send_header("Location", "/new")
        handler.end_headers()
        with suppress(OSError):  # until the client hangs up
            while not site.released.wait(0.05):
                handler.wfile.write(b"moved")

    site.answer = answer
    get(f"{site.url}/old", timeout=1)
    assert fetched(destination)
    assert pauses == []


def test_a_plain_file_that_is_packed_on_the_way_is_unpacked(site, tmp_path):
    packed = gzip.compress(BODY)
    site.answer = lambda handler, _: handler.reply(packed, headers={"Content-Encoding": "gzip"})
    fetch(f"{site.url}/genome.fa", tmp_path / "genome.fa", sha256=DIGEST)


def test_headers_without_an_end(site, get, destination, pauses):
    def trickled(handler, number):
        if number > 1:
            handler.reply()
            return
        while not site.released.wait(0.05):
            handler.wfile.write(b"H")
            handler.wfile.flush()

    site.answer = trickled
    get(f"{site.url}/x", timeout=0.2)
    assert fetched(destination)
    assert pauses == [1]


@pytest.mark.parametrize("length", ["\xb2", "9" * 5000, "-5", "1" + "0" * 400])
def test_a_length_that_is_none(site, get, destination, length):
    site.answer = lambda handler, number: (
        handler.reply(headers={"Content-Length": length}) if number == 1 else handler.reply()
    )
    get(f"{site.url}/x", sha256=DIGEST)
    assert fetched(destination)


def test_two_lengths(site, get, destination, pauses):
    """As a proxy may add them; which of them is right cannot be told."""

    def answer(handler, _):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(BODY)))
        handler.send_header("Content-Length", "5")
        handler.end_headers()
        handler.wfile.write(BODY)

    site.answer = answer
    error = refused(get, destination, f"{site.url}/x")
    assert "Content-Length contained multiple unmatching values (500000, 5)" in error.found
    assert pauses == []


@pytest.mark.parametrize("value", ["\xe9", "\t", "y" * 60_000, ""])
@pytest.mark.parametrize("name", ["ETag", "Last-Modified", "Date", "Content-Type", "Server"])
def test_odd_values_of_headers(site, get, destination, name, value):
    """They are not sent back, so that a server is not asked what it would not understand."""
    site.answer = drop_first(etag=None, headers={name: value})
    get(f"{site.url}/x")
    assert fetched(destination)
    assert [back for *_, back in site.requests] == [None, None]


@pytest.mark.parametrize("said", [b"\x1b]0;title\x07\x1b[2J", b"y" * 60_000])
def test_what_a_server_says_is_repeated_in_one_short_line(site, tmp_path, pauses, said):
    site.answer = lambda handler, _: handler.wfile.write(said + b"\n")
    log = tmp_path / "log"
    with pytest.raises(SystemExit), logged_stage(log):
        fetch(f"{site.url}/x", tmp_path / "x", retries=1, pause=pauses.append)
    lines = log.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2  # one an attempt
    for line in lines:
        assert "a lost connection" in line
        assert line.isprintable()
        assert len(line) < 2000
