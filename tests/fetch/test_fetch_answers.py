"""Servers that answer "later", "no", nothing, or with something else than the file."""

import gzip
import socketserver
from hashlib import sha256

import pytest
from misbehaving import BODY, DIGEST, by_path, drop_first, fetched, hang_first, names, refused

from noncoding.fetch.fetch import fetch


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


HTML = {"Content-Type": "text/html; charset=utf-8"}


def test_web_page_with_status_200(site, get, destination, pauses):
    site.answer = lambda handler, _: handler.reply(b"<html>Sorry</html>", headers=HTML)
    error = refused(get, destination, f"{site.url}/x")
    assert "HTML" in error.found
    assert pauses == []


def test_web_page_does_not_cost_what_was_received(site, get, destination):
    page = {"body": b"<html>Sorry</html>", "ranges": False, "headers": HTML}
    site.answer = drop_first(then=page)
    refused(get, destination, f"{site.url}/x")
    site.answer = lambda handler, _: handler.reply()
    get(f"{site.url}/x")
    assert fetched(destination)
    assert site.ranges[2] == site.ranges[1] is not None


@pytest.mark.parametrize(
    "page",
    [
        b"<!DOCTYPE html>\n<title>Sorry</title>",
        b"<!doctype HTML PUBLIC '-//W3C//DTD HTML 4.01//EN'>",
        b"\xef\xbb\xbf \r\n\t<HTML lang='en'>",
        b"<?xml version='1.0'?>\n<!-- made by a proxy -->\n<!DOCTYPE html>",
        b"<head><title>Sign in</title></head>" + bytes(100_000),
    ],
)
@pytest.mark.parametrize("kind", ["application/octet-stream", "application/gzip", None])
def test_web_page_that_says_it_is_something_else(site, get, destination, pauses, page, kind):
    headers = {"Content-Type": kind} if kind else {}
    site.answer = drop_first(then={"body": page, "ranges": False, "headers": headers})
    refused(get, destination, f"{site.url}/x", retries=0)
    error = refused(get, destination, f"{site.url}/x")
    assert "HTML" in error.found
    assert pauses == []
    # What was received before is kept.
    site.answer = lambda handler, _: handler.reply()
    get(f"{site.url}/x", sha256=DIGEST)
    assert fetched(destination)
    assert site.ranges[2] == site.ranges[1] is not None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<",
        b"\x1f\x8b<html>",
        b">html\nACGT\n",
        b"<htmlx>",
        b"# <!doctype html>",
        b"chr1\t5\t6\n",
    ],
)
def test_what_is_no_web_page(site, get, destination, body):
    site.answer = lambda handler, _: handler.reply(body)
    get(f"{site.url}/x")
    assert fetched(destination, body)


def test_web_page_without_a_kind_that_was_asked_for(site, get, destination):
    site.answer = lambda handler, _: handler.reply(b"<html></html>")
    get(f"{site.url}/table.htm")
    assert fetched(destination, b"<html></html>")


def test_sent_on_to_a_login_page(site, get, destination, pauses):
    site.answer = by_path(
        file=lambda handler: handler.reply(b"", status=302, headers={"Location": "/login.html"}),
        **{"login.html": lambda handler: handler.reply(b"<!doctype html>", headers=HTML)},
    )
    error = refused(get, destination, f"{site.url}/file")
    assert error.where == f"{site.url}/file"
    assert "login" in error.found
    assert pauses == []


def test_sent_round_in_circles(site, get, destination, pauses):
    site.answer = lambda handler, _: handler.reply(b"", status=302, headers={"Location": "/x"})
    error = refused(get, destination, f"{site.url}/x")
    assert "redirects" in error.found
    assert pauses == []


def test_web_page_that_was_asked_for(site, get, destination):
    site.answer = lambda handler, _: handler.reply(b"<html></html>", headers=HTML)
    get(f"{site.url}/table.html?x=1")
    assert fetched(destination, b"<html></html>")


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
