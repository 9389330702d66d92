"""Files that cannot be had are all named before any of them is fetched."""

import socket
import threading
import time
from collections import Counter

import pytest
from misbehaving import by_path, not_there

from noncoding.data.download import availability, http
from noncoding.data.download.availability import UnavailableError, WantedFile, check_available

PAGE = b"<!DOCTYPE html><html><title>Log in</title></html>"


def closed_port():
    """The address of a server that is not there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


def page(handler):
    handler.reply(PAGE, headers={"Content-Type": "text/html"})


def disguised_page(handler):
    handler.reply(PAGE, headers={"Content-Type": "application/octet-stream"})


def wanted(*urls, mirror=None):
    return WantedFile(urls[0].rsplit("/", 1)[1], urls, mirror)


def unavailable(*files):
    """The lines of the error below the first."""
    with pytest.raises(UnavailableError) as caught:
        check_available(files)
    first, *lines = str(caught.value).splitlines()
    names = {line.split(":")[0].strip() for line in lines if line.startswith("    ")}
    assert f"found {len(names)} of {len(files)} files that cannot be fetched" in first
    return lines


ANSWERS = {
    "404": (not_there, r"HTTP status 404 (Not Found)"),
    "403": (lambda handler: handler.reply(b"no", status=403), "HTTP status 403 (Forbidden)"),
    "page": (page, "a web page (HTML), perhaps a login or error page"),
    "disguised": (disguised_page, "a web page (HTML), perhaps a login or error page"),
    "busy": (
        lambda handler: handler.reply(b"no", status=503),
        "HTTP status 503 (Service Unavailable), at the last of 2 attempts",
    ),
}


@pytest.mark.parametrize(("answer", "reason"), ANSWERS.values(), ids=ANSWERS)
def test_a_file_that_the_server_does_not_send_is_named(site, answer, reason):
    site.answer = by_path(a=lambda handler: handler.reply(), b=answer)
    good, bad = f"{site.url}/a", f"{site.url}/b"
    server = site.url.removeprefix("http://")
    lines = unavailable(wanted(good), wanted(bad))
    assert lines == [f"  {server}: {reason}", f"    b: {bad}"]
    # With a second address, the run goes on, in either order.
    [message] = check_available([wanted(bad, good)])
    assert message == (f"{server}: {reason}. These files are fetched from their next address: b")
    assert check_available([wanted(good, bad)]) == []


def test_a_server_that_is_not_there(site):
    nowhere = closed_port()
    server = nowhere.removeprefix("http://")
    lines = unavailable(
        wanted(f"{nowhere}/a"),
        wanted(f"{site.url}/b"),
        wanted(f"{nowhere}/c", f"{nowhere}/d"),
    )
    assert len(lines) == 4
    assert lines[0].startswith(f"  {server}: a lost connection (")
    assert "Connection refused" in lines[0]
    assert lines[1:] == [f"    a: {nowhere}/a", f"    c: {nowhere}/c", f"    c: {nowhere}/d"]
    [message] = check_available([wanted(f"{nowhere}/c", f"{site.url}/c")])
    assert message.endswith("next address: c")


def test_a_silent_server_takes_a_bounded_time(site, patience, monkeypatch):
    patience(timeout=0.2)
    monkeypatch.setattr(availability, "MOST_UNANSWERED", 2)
    monkeypatch.setattr(availability, "CONNECTIONS", 2)
    site.answer = lambda handler, _: site.released.wait()
    files = [wanted(f"{site.url}/{number}") for number in range(50)]
    lines = unavailable(*files)
    assert len(lines) == 51
    assert "timed out" in lines[0]
    # Two files, or three where the last starts before the second fails, each twice.
    assert len({path for path, *_ in site.requests}) <= 3
    assert max(Counter(path for path, *_ in site.requests).values()) == 2


def test_a_slow_server_that_answers_is_no_error(site, patience, monkeypatch):
    """Its first bytes come one by one, for longer than they are waited for."""
    patience(timeout=2)
    monkeypatch.setattr(http, "MAX_HEADER_TIME", 0.5)

    def slow(handler, _):
        time.sleep(0.2)
        handler.send_response(200)
        handler.send_header("Content-Length", "2000")
        handler.end_headers()
        while not site.released.wait(0.003):
            handler.wfile.write(b"x")

    site.answer = slow
    assert check_available([wanted(f"{site.url}/a")]) == []


def test_only_the_first_bytes_are_requested_and_head_is_not(site):
    """A server may refuse HEAD: of the handler, which has no do_HEAD, the answer is 501."""
    assert check_available([wanted(f"{site.url}/a.gz")]) == []
    assert [asked for _, asked, _ in site.requests] == [f"bytes=0-{http.SNIFFED - 1}"]


def test_an_empty_file_and_a_server_that_asks_for_patience_are_no_errors(site):
    site.answer = by_path(
        empty=lambda handler: handler.reply(b"", status=416),
        patience=lambda handler: handler.reply(b"", status=429, headers={"Retry-After": "600"}),
    )
    assert check_available([wanted(f"{site.url}/{name}") for name in ("empty", "patience")]) == []


def test_at_most_eight_connections_to_a_server(site):
    lock, now, most = threading.Lock(), 0, 0

    def counted(handler, _):
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.02)
        with lock:
            now -= 1
        handler.reply(b"x" * 10)

    site.answer = counted
    names = [f"{number}.bed" for number in range(60)]
    assert check_available([wanted(f"{site.url}/{name}") for name in names]) == []
    assert 1 < most <= 8
    assert sorted(path.strip("/") for path, *_ in site.requests) == sorted(names)


def test_files_are_grouped_by_server_and_reason(site, other_site):
    site.answer = by_path(a=not_there, b=page, c=not_there)
    other_site.answer = by_path(d=not_there)
    one, two = (each.url.removeprefix("http://") for each in (site, other_site))
    files = [wanted(f"{site.url}/{name}") for name in "abc"]
    lines = unavailable(*files, wanted(f"{other_site.url}/d"))
    assert lines == [
        f"  {one}: {ANSWERS['404'][1]}",
        f"    a: {site.url}/a",
        f"    c: {site.url}/c",
        f"  {one}: {ANSWERS['page'][1]}",
        f"    b: {site.url}/b",
        f"  {two}: {ANSWERS['404'][1]}",
        f"    d: {other_site.url}/d",
    ]


def test_paths_mirrors_and_invalid_addresses(site, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a").touch()
    # In place of the URL, which is not asked for.
    assert check_available([wanted(f"{site.url}/a", mirror=str(tmp_path))]) == []
    assert check_available([wanted(f"{tmp_path}/sub/a")]) == []
    assert site.requests == []
    site.answer = by_path(**{"folder/e": not_there})
    lines = unavailable(
        wanted(f"{site.url}/b", mirror=str(tmp_path)),
        wanted(f"{tmp_path}/c"),
        wanted("ftp://a.org/d"),
        wanted(f"{site.url}/e", mirror=f"{site.url}/folder"),
    )
    assert lines == [
        "  configuration: an address of an unknown kind",
        "    d: ftp://a.org/d",
        "  local files: no such file",
        f"    b: {tmp_path}/b",
        f"    c: {tmp_path}/c",
        f"  {site.url.removeprefix('http://')}: {ANSWERS['404'][1]}",
        f"    e: {site.url}/folder/e",
    ]


def test_missing_local_files_are_not_a_matter_of_a_connection(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.fa").touch()
    with pytest.raises(UnavailableError) as caught:
        check_available([wanted(f"{tmp_path}/there.fa"), WantedFile("a.fa", ("a.fa",))])
    first, *lines = str(caught.value).splitlines()
    assert first == (
        "input files: found 1 of 2 files that cannot be fetched (listed below); expected each file "
        "at its path. Nothing has been computed. Correct the paths, which start at the working "
        f"directory, {tmp_path}; if a mirror is set, add the files to its folder."
    )
    assert lines == ["  local files: no such file", "    a.fa: a.fa"]


def test_secrets_of_addresses_are_not_shown(site):
    site.answer = lambda handler, _: not_there(handler)
    url = site.url.replace("//", "//me:S3CRET@") + "/a.bed?token=S3CRET"
    text = "\n".join(unavailable(WantedFile("a.bed", (url,), None)))
    assert "S3CRET" not in text
    assert f"{site.url.replace('//', '//***@')}/a.bed?token=***" in text
