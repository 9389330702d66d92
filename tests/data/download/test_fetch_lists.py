"""Several URLs of one file, which are tried in order."""

import json
import socketserver

import pytest
from misbehaving import (
    DIGEST,
    OTHER,
    by_path,
    drop_first,
    fetched,
    names,
    not_there,
    refused,
)

from noncoding.common.errors import InputError
from noncoding.stages.fetch import fetch


def good(handler):
    handler.reply()


FAULTS = {
    "404": (not_there, "404"),
    "a web page": (lambda handler: handler.reply(b"<!doctype html>"), "HTML"),
    "always busy": (lambda handler: handler.reply(b"busy", status=503), "503"),
    "always short": (lambda handler: handler.reply(ranges=False, stop=1000), "a lost connection"),
    "another file": (lambda handler: handler.reply(OTHER), "sha256"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_next_url_is_tried(site, get, destination, caplog, patience, fault):
    answer, message = FAULTS[fault]
    site.answer = by_path(a=answer, b=good, c=good)
    patience(total=1)
    get([f"{site.url}/{name}" for name in "abc"], sha256=DIGEST)
    assert fetched(destination)
    assert [path for path, *_ in site.requests][-2:] == ["/a", "/b"]
    [warning] = [line for line in caplog.messages if line.endswith(f"; trying {site.url}/b")]
    assert f"{site.url}/a" in warning
    assert message in warning


def test_the_next_url_is_tried_after_a_refused_connection(site, get, destination):
    with socketserver.TCPServer(("127.0.0.1", 0), None) as closed:
        port = closed.server_address[1]
    get([f"http://127.0.0.1:{port}/x", f"{site.url}/x"])
    assert fetched(destination)


def test_a_local_path_among_urls(site, get, destination, source):
    site.answer = by_path(a=not_there)
    get([f"{site.url}/a", str(source)])
    assert fetched(destination)


def test_if_all_urls_fail_each_is_named(site, get, destination):
    site.answer = by_path(a=not_there, b=lambda handler: handler.reply(OTHER))
    error = refused(
        get, destination, [f"{site.url}/a", f"{site.url}/b", "/nowhere/c"], sha256=DIGEST
    )
    assert error.where == str(destination)
    assert "none of 3 addresses" in error.found
    for part in (
        f"{site.url}/a: HTTP status 404",
        f"{site.url}/b: sha256",
        "/nowhere/c: no such",
    ):
        assert part in error.found
    assert DIGEST in error.found
    assert error.remedy.count("Open the address") == 1
    assert names(destination.parent) == [destination.name]


def test_bytes_of_two_urls_are_not_joined(site, get, destination, patience):
    """Although their ETags are equal, which only hold for one URL."""
    site.answer = by_path(
        a=lambda handler: handler.reply(stop=300_000), b=lambda handler: handler.reply(OTHER)
    )
    patience(total=0)
    get([f"{site.url}/a", f"{site.url}/b"])
    assert fetched(destination, OTHER)
    assert site.ranges == [None, None]


def test_the_url_of_the_partial_file_is_tried_first(site, get, destination, patience):
    site.answer = by_path(a=not_there, b=lambda handler: handler.reply(stop=300_000))
    urls = [f"{site.url}/a", f"{site.url}/b"]
    patience(total=0)
    refused(get, destination, urls)
    site.answer = lambda handler, _: handler.reply()
    get(urls, sha256=DIGEST)
    assert fetched(destination)
    assert site.requests[-1][0] == "/b"
    assert site.ranges[-1] is not None


def test_the_partial_file_is_kept_if_another_url_fails(site, get, destination, patience):
    site.answer = by_path(a=lambda handler: handler.reply(stop=300_000), b=not_there)
    urls = [f"{site.url}/a", f"{site.url}/b"]
    patience(total=0)
    refused(get, destination, urls)
    site.answer = lambda handler, _: handler.reply()
    get(urls, sha256=DIGEST)
    assert fetched(destination)
    assert site.requests[-1][0] == "/a"
    assert site.ranges[-1] is not None


def test_resumes_at_the_second_url(site, get, destination):
    dropping = drop_first()
    site.answer = lambda handler, number: (
        not_there(handler) if number == 1 else dropping(handler, number - 1)
    )
    get([f"{site.url}/a", f"{site.url}/b"], sha256=DIGEST)
    assert fetched(destination)


def test_a_mirror_is_searched_for_the_name_of_the_first_url(get, destination, source):
    get(
        ["https://example.org/bundle.tar.gz", "https://example.org/copy"], mirror=str(source.parent)
    )
    assert fetched(destination)
    assert json.loads((destination.parent / "bundle.tar.gz.lock.json").read_text())["url"] == str(
        source
    )


def test_an_invalid_url_in_a_list(tmp_path):
    with pytest.raises(InputError, match="unknown kind"):
        fetch(["http://127.0.0.1:1/x", "s3://bucket/x"], tmp_path / "x")
    assert names(tmp_path) == []
