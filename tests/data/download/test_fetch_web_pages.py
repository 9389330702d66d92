"""Servers that send a web page, such as a login page, instead of the file."""

import pytest
from misbehaving import DIGEST, by_path, drop_first, fetched, refused

HTML = {"Content-Type": "text/html; charset=utf-8"}


def test_web_page_with_status_200(site, get, destination):
    site.answer = lambda handler, _: handler.reply(b"<html>Sorry</html>", headers=HTML)
    error = refused(get, destination, f"{site.url}/x")
    assert "HTML" in error.found
    assert len(site.requests) == 1


def test_web_page_does_not_replace_the_partial_file(site, get, destination):
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
def test_web_page_with_a_binary_content_type(site, get, destination, interrupted, page, kind):
    headers = {"Content-Type": kind} if kind else {}
    site.answer = lambda handler, _: handler.reply(page, ranges=False, headers=headers)
    error = refused(get, destination, f"{site.url}/x")
    assert "HTML" in error.found
    assert len(site.requests) == 2
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
def test_files_similar_to_web_pages(site, get, destination, body):
    site.answer = lambda handler, _: handler.reply(body)
    get(f"{site.url}/x")
    assert fetched(destination, body)


@pytest.mark.parametrize("headers", [HTML, {}])
@pytest.mark.parametrize("name", ["table.htm", "table.html?x=1"])
def test_requested_web_page(site, get, destination, name, headers):
    site.answer = lambda handler, _: handler.reply(b"<html></html>", headers=headers)
    get(f"{site.url}/{name}")
    assert fetched(destination, b"<html></html>")


def test_redirection_to_a_login_page(site, get, destination):
    site.answer = by_path(
        file=lambda handler: handler.reply(b"", status=302, headers={"Location": "/login.html"}),
        **{"login.html": lambda handler: handler.reply(b"<!doctype html>", headers=HTML)},
    )
    error = refused(get, destination, f"{site.url}/file")
    assert error.where == f"{site.url}/file"
    assert "login" in error.found
    assert len(site.requests) == 2
