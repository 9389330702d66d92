"""Interrupted downloads, which resume only if the bytes are those of the same file."""

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from misbehaving import BODY, DIGEST, ETAG, OTHER, drop_first, fetched, hang_first

from noncoding.stages.fetch import fetch


def test_downloads(site, get, destination):
    get(f"{site.url}/bundle.tar.gz", sha256=DIGEST.upper())
    assert fetched(destination)
    assert site.requests == [("/bundle.tar.gz", None, None)]


def test_creates_the_folder(site, tmp_path):
    fetch(f"{site.url}/x", tmp_path / "a" / "b" / "x")
    assert fetched(tmp_path / "a" / "b" / "x")


def test_empty_file(site, get, destination):
    site.answer = lambda handler, _: handler.reply(b"")
    get(f"{site.url}/x")
    assert fetched(destination, b"")


def test_resumes_after_a_lost_connection(site, get, destination):
    site.answer = drop_first()
    get(f"{site.url}/x", sha256=DIGEST)
    assert fetched(destination)
    assert len(site.requests) == 2
    assert int(re.fullmatch(r"bytes=(\d+)-", site.ranges[1])[1]) > 0
    assert site.requests[1][2] == ETAG


def test_a_long_download_continues_as_long_as_it_advances(site, get, destination, patience):
    def answer(handler, _):
        asked = re.search(r"\d+", handler.headers.get("Range", "0"))
        handler.reply(stop=int(asked[0]) + 130_000)

    site.answer = answer
    patience(total=1)
    get(f"{site.url}/x", sha256=DIGEST)
    assert fetched(destination)
    assert len(site.requests) == 4


def test_resumes_after_a_timeout(site, get, destination, patience):
    site.answer = hang_first(site, stop=300_000)
    patience(timeout=0.5)
    get(f"{site.url}/x", sha256=DIGEST)
    assert fetched(destination)
    assert site.ranges[1] is not None


def test_chunked_body_that_is_cut_short(site, get, destination):
    def answer(handler, number):
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for start in range(0, len(BODY) if number > 1 else 300_000, 100_000):
            handler.wfile.write(b"%x\r\n%b\r\n" % (100_000, BODY[start : start + 100_000]))
        if number > 1:
            handler.wfile.write(b"0\r\n\r\n")

    site.answer = answer
    get(f"{site.url}/x", sha256=DIGEST)
    assert fetched(destination)


def test_a_slow_server_is_not_a_timeout(site, get, destination, patience):
    """The download takes longer than the timeout, no interval between two bytes does."""

    def answer(handler, _):
        handler.reply(stop=0)
        for start in range(0, len(BODY), 25_000):
            handler.wfile.write(BODY[start : start + 25_000])
            handler.wfile.flush()
            time.sleep(0.1)

    site.answer = answer
    patience(timeout=1.5)
    get(f"{site.url}/x")
    assert fetched(destination)
    assert len(site.requests) == 1


def test_resumes_by_date_if_the_etag_is_weak(site, get, destination):
    date = "Wed, 21 Oct 2015 07:28:00 GMT"
    site.answer = drop_first(etag='W/"one"', if_range=False, headers={"Last-Modified": date})
    get(f"{site.url}/x")
    assert fetched(destination)
    assert site.requests[1][1] is not None
    assert site.requests[1][2] == date


@pytest.mark.parametrize(
    "sent", ["Wed, 21 Oct 2015 07:28:00 GMT", "Wed, 21 Oct 2015 07:27:00 GMT", "today", ""]
)
def test_does_not_resume_by_a_date_of_the_same_second(site, get, destination, sent):
    date = "Wed, 21 Oct 2015 07:28:00 GMT"
    headers = {"Last-Modified": date, "Date": sent}
    site.answer = drop_first(
        etag=None, if_range=False, headers=headers, then={"body": OTHER[:1] + BODY[1:]}
    )
    get(f"{site.url}/x")
    assert fetched(destination, OTHER[:1] + BODY[1:])


def test_restarts_without_range_support(site, get, destination):
    site.answer = drop_first(ranges=False)
    get(f"{site.url}/x")
    assert fetched(destination)
    assert site.ranges[1] is not None


def test_restarts_without_a_validator(site, get, destination):
    site.answer = drop_first(etag=None)
    get(f"{site.url}/x")
    assert fetched(destination)
    assert site.ranges == [None, None]


@pytest.mark.parametrize("if_range", [True, False], ids=["honours If-Range", "ignores it"])
@pytest.mark.parametrize("stop", [300_000, 450_000], ids=["shorter than the new", "longer"])
def test_file_that_changes_between_two_attempts(site, get, destination, if_range, stop):
    site.answer = drop_first(stop=stop, if_range=if_range, then={"body": OTHER, "etag": '"two"'})
    get(f"{site.url}/x")
    assert fetched(destination, OTHER)


def test_a_partial_file_longer_than_the_file_is_dropped(site, get, destination):
    def answer(handler, number):
        if number == 2:
            handler.reply(b"", status=416, ranges=False)
        else:
            handler.reply(stop=300_000 if number == 1 else None)

    site.answer = answer
    get(f"{site.url}/x")
    assert fetched(destination)
    assert site.ranges[2] is None


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Range": f"bytes 0-{len(BODY) - 1}/{len(BODY)}"},
        {"Content-Range": f"bytes 5-{len(BODY) - 1}/{len(BODY)}"},
        {"Content-Range": f"bytes 300000-{len(BODY)}/{len(BODY) + 1}"},
        {"Content-Range": "bytes"},
        {"Content-Length": 10},
    ],
)
def test_a_range_with_contradicting_headers_is_refused(site, get, destination, headers):
    def answer(handler, number):
        handler.reply(stop=300_000 if number == 1 else None, headers=headers if number == 2 else ())

    site.answer = answer
    get(f"{site.url}/x")
    assert fetched(destination)
    assert site.ranges[1] is not None
    assert site.ranges[2] is None


@pytest.mark.parametrize(
    ("start", "whole", "etag"),
    [(-5, 0, ETAG), (5, 0, ETAG), (0, 1, ETAG), (0, 0, '"two"')],
    ids=["begins too early", "begins too late", "of a longer file", "of a changed file"],
)
def test_a_range_that_was_not_requested_is_refused(site, get, destination, start, whole, etag):
    def answer(handler, number):
        if number != 2:
            handler.reply(stop=300_000 if number == 1 else None)
            return
        begin = int(re.search(r"\d+", handler.headers["Range"])[0]) + start
        span = f"bytes {begin}-{len(BODY) - 1}/{len(BODY) + whole}"
        handler.reply(
            BODY[begin:], status=206, ranges=False, etag=etag, headers={"Content-Range": span}
        )

    site.answer = answer
    get(f"{site.url}/x")
    assert fetched(destination)
    assert site.ranges[2] is None


def test_a_partial_file_of_another_url_is_not_resumed(site, get, destination, interrupted):
    get(f"{site.url}/y")
    assert fetched(destination)
    assert site.ranges == [None, None]


@pytest.mark.parametrize("record", ["", "{", "[]", "{}", "[" * 10**5, '{"url": 1}'])
def test_a_partial_file_with_a_damaged_record_is_not_resumed(
    site, get, destination, interrupted, record
):
    destination.with_name(f".origin-{destination.name}").write_text(record)
    get(f"{site.url}/x")
    assert fetched(destination)
    assert site.ranges == [None, None]


def test_a_link_in_place_of_the_partial_file_is_not_followed(
    site, get, destination, interrupted, tmp_path
):
    (tmp_path / "elsewhere").write_bytes(b"precious")
    interrupted.unlink()
    interrupted.symlink_to(tmp_path / "elsewhere")
    get(f"{site.url}/x")
    assert fetched(destination)
    assert not destination.is_symlink()
    assert (tmp_path / "elsewhere").read_bytes() == b"precious"


def test_a_complete_partial_file_is_not_fetched_again(site, get, destination, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "replace", killed)
        get(f"{site.url}/x")
    get(f"{site.url}/x", sha256=DIGEST)
    assert fetched(destination)
    assert len(site.requests) == 1


def test_resumes_after_a_kill(site, get, destination):
    def slow(handler, _):
        handler.reply(stop=300_000)
        handler.wfile.flush()
        site.released.wait()  # the rest never comes

    site.answer = slow
    program = "import sys; from noncoding.stages.fetch import fetch; fetch(*sys.argv[1:])"
    partial = destination.with_name(f".partial-{destination.name}")
    with subprocess.Popen([sys.executable, "-c", program, f"{site.url}/x", destination]) as process:
        while not (partial.exists() and partial.stat().st_size):
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
    received = partial.stat().st_size
    assert destination.read_bytes() == b"from before"

    site.answer = lambda handler, _: handler.reply()
    get(f"{site.url}/x", sha256=DIGEST)
    assert fetched(destination)
    assert site.ranges == [None, f"bytes={received}-"]
