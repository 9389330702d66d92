"""Against real servers on the loopback interface that misbehave as real ones do."""

import os
import random
import re
import resource
import signal
import socketserver
import subprocess
import sys
import threading
import time
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from noncoding.errors import InputError
from noncoding.fetch import fetch

BODY = random.Random(1).randbytes(500_000)
OTHER = random.Random(2).randbytes(400_000)
DIGEST = sha256(BODY).hexdigest()
ETAG = '"one"'


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        site = self.server.site
        site.requests.append((self.path, self.headers.get("Range"), self.headers.get("If-Range")))
        site.answer(self, len(site.requests))

    def log_message(self, *_):
        pass

    def reply(
        self, body=BODY, *, etag=ETAG, ranges=True, if_range=True, stop=None, status=200, headers=()
    ):
        """Send `body`, or the part asked for, and hang up at byte `stop` of the whole."""
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        same = not if_range or self.headers.get("If-Range") == etag
        start = int(asked[1]) if asked and ranges and same else 0
        answer = {"Content-Length": len(body) - start}
        if etag:
            answer["ETag"] = etag
        if start:
            status = 206
            answer["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        self.send_response(status)
        for name, value in (answer | dict(headers)).items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body[start:stop])


class Site:
    """A server whose `answer(handler, number of the request)` a test sets."""

    def __init__(self, address):
        self.url = f"http://127.0.0.1:{address[1]}"
        self.requests = []
        self.answer = lambda handler, _: handler.reply()
        self.released = threading.Event()

    @property
    def ranges(self):
        return [asked for _, asked, _ in self.requests]


@pytest.fixture
def site(monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.site = Site(server.server_address)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server.site
        server.site.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def destination(tmp_path):
    """A final name that is taken."""
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "bundle.tar.gz").write_bytes(b"from before")
    return folder / "bundle.tar.gz"


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def get(destination, pauses):
    def get(url, **options):
        fetch(url, destination, pause=pauses.append, **options)

    return get


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def fetched(destination, body=BODY):
    """Whether the file is right, and nothing is left beside it."""
    return destination.read_bytes() == body and names(destination.parent) == [destination.name]


def refused(get, destination, url, **options):
    """The error; asserts that what stood there before still does."""
    with pytest.raises(InputError) as caught:
        get(url, **options)
    assert destination.read_bytes() == b"from before"
    return caught.value


def drop_first(*, stop=300_000, then=None, **options):
    def answer(handler, number):
        if number == 1:
            handler.reply(stop=stop, **options)
        else:
            handler.reply(**(options | (then or {})))

    return answer


def test_downloads(site, get, destination, pauses):
    get(f"{site.url}/bundle.tar.gz", sha256=DIGEST.upper())
    assert fetched(destination)
    assert site.requests == [("/bundle.tar.gz", None, None)]
    assert pauses == []


def test_makes_the_folder(site, tmp_path):
    fetch(f"{site.url}/x", tmp_path / "a" / "b" / "x")
    assert fetched(tmp_path / "a" / "b" / "x")


def test_empty_file(site, get, destination):
    site.answer = lambda handler, _: handler.reply(b"")
    get(f"{site.url}/x")
    assert fetched(destination, b"")


def test_resumes_after_a_lost_connection(site, get, destination, pauses):
    site.answer = drop_first()
    get(f"{site.url}/x", sha256=DIGEST)
    assert fetched(destination)
    assert len(site.requests) == 2
    assert int(re.fullmatch(r"bytes=(\d+)-", site.ranges[1])[1]) > 0
    assert site.requests[1][2] == ETAG
    assert pauses == [1]


def test_resumes_by_the_date_where_the_etag_is_weak(site, get, destination):
    date = "Wed, 21 Oct 2015 07:28:00 GMT"
    site.answer = drop_first(etag='W/"one"', if_range=False, headers={"Last-Modified": date})
    get(f"{site.url}/x")
    assert fetched(destination)
    assert site.requests[1][1] is not None
    assert site.requests[1][2] == date


def test_begins_anew_where_ranges_are_not_known(site, get, destination):
    site.answer = drop_first(ranges=False)
    get(f"{site.url}/x")
    assert fetched(destination)
    assert site.ranges[1] is not None


def test_does_not_resume_what_cannot_be_told_apart(site, get, destination):
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


def test_part_beyond_the_end_is_dropped(site, get, destination):
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
def test_part_that_does_not_fit(site, get, destination, headers):
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
def test_part_that_agrees_with_itself_but_not_with_what_was_asked(
    site, get, destination, start, whole, etag
):
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


def test_part_of_another_address_is_not_resumed(site, get, destination):
    site.answer = drop_first()
    refused(get, destination, f"{site.url}/x", retries=0)
    get(f"{site.url}/y")
    assert fetched(destination)
    assert site.ranges == [None, None]


@pytest.mark.parametrize("record", ["", "{", "[]", "{}", '{"url": 1}'])
def test_part_with_a_damaged_record_is_not_resumed(site, get, destination, record):
    site.answer = drop_first()
    refused(get, destination, f"{site.url}/x", retries=0)
    destination.with_name(f".origin-{destination.name}").write_text(record)
    get(f"{site.url}/x")
    assert fetched(destination)
    assert site.ranges == [None, None]


def test_whole_part_is_not_fetched_again(site, get, destination, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "replace", killed)
        get(f"{site.url}/x")
    get(f"{site.url}/x", sha256=DIGEST)
    assert fetched(destination)
    assert len(site.requests) == 1


@pytest.mark.parametrize("status", [503, 500, 429, 408])
def test_tries_again_where_the_answer_is_later(site, get, destination, pauses, status):
    site.answer = lambda handler, number: (
        handler.reply(b"busy", status=status) if number <= 2 else handler.reply()
    )
    get(f"{site.url}/x")
    assert fetched(destination)
    assert pauses == [1, 2]


def test_gives_up_in_the_end(site, get, destination, pauses):
    site.answer = lambda handler, _: handler.reply(b"busy", status=503)
    error = refused(get, destination, f"{site.url}/x", retries=8)
    assert error.where == f"{site.url}/x"
    assert "503" in error.found
    assert "9 attempts" in error.found
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_server_that_is_silent(site, get, destination):
    def answer(handler, number):
        if number == 1:
            site.released.wait()
        else:
            handler.reply()

    site.answer = answer
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


def test_web_page_that_was_asked_for(site, get, destination):
    site.answer = lambda handler, _: handler.reply(b"<html></html>", headers=HTML)
    get(f"{site.url}/table.html?x=1")
    assert fetched(destination, b"<html></html>")


def test_body_that_is_always_short(site, get, destination):
    site.answer = lambda handler, _: handler.reply(ranges=False, stop=1000)
    error = refused(get, destination, f"{site.url}/x", retries=1)
    assert "at the last of 2 attempts" in error.found
    assert "the whole file" in error.expected


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


def test_goes_on_after_a_kill(site, get, destination):
    def slow(handler, _):
        handler.reply(stop=300_000)
        handler.wfile.flush()
        site.released.wait()  # the rest never comes

    site.answer = slow
    program = "import sys; from noncoding.fetch import fetch; fetch(*sys.argv[1:])"
    root = Path(sys.modules["noncoding"].__file__).parents[1]
    partial = destination.with_name(f".partial-{destination.name}")
    with subprocess.Popen(
        [sys.executable, "-c", program, f"{site.url}/x", destination],
        env=os.environ | {"PYTHONPATH": str(root)},
    ) as process:
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


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "my data" / "bundle.tar.gz"
    path.parent.mkdir()
    path.write_bytes(BODY)
    return path


@pytest.mark.parametrize("address", [str, Path.as_uri, lambda path: f"file:{path}"])
def test_local_file(get, destination, source, address):
    get(address(source), sha256=DIGEST)
    assert fetched(destination)
    assert source.read_bytes() == BODY


def test_local_file_with_a_wrong_digest(get, destination, source):
    error = refused(get, destination, str(source), sha256="0" * 64)
    assert error.where == str(source)
    assert names(destination.parent) == [destination.name]


def test_local_file_drops_what_was_received_elsewhere(site, get, destination, source):
    site.answer = drop_first()
    refused(get, destination, f"{site.url}/x", retries=0)
    get(str(source))
    assert fetched(destination)


def test_no_local_file(get, destination, tmp_path):
    error = refused(get, destination, str(tmp_path / "nowhere.tar.gz"))
    assert error.where == str(tmp_path / "nowhere.tar.gz")
    assert error.found == "nothing"
    assert names(destination.parent) == [destination.name]


def test_local_folder(get, destination, tmp_path):
    assert refused(get, destination, str(tmp_path)).found == "a folder"


@pytest.mark.parametrize("address", ["s3://bucket/x", "file://host/x"])
def test_address_of_another_kind(get, destination, address):
    assert "https://" in refused(get, destination, address).expected


@pytest.mark.parametrize("mirror", [str, Path.as_uri])
@pytest.mark.parametrize("url", ["https://example.org/a/bundle.tar.gz?v=1", "/b/bundle.tar.gz"])
def test_mirror_folder(get, destination, source, mirror, url):
    get(url, mirror=mirror(source.parent))
    assert fetched(destination)


def test_mirror_folder_without_the_file(get, destination, source):
    error = refused(get, destination, "https://example.org/x.gz", mirror=str(source.parent))
    assert error.where == str(source.parent / "x.gz")
    assert "mirror" in error.remedy


@pytest.mark.parametrize("end", ["", "/"])
def test_mirror_url(site, get, destination, end):
    get("https://example.org/a/x%23y.gz", mirror=f"{site.url}/copies{end}")
    assert fetched(destination)
    assert site.requests[0][0] == "/copies/x%23y.gz"


def test_mirror_of_no_file(get, destination):
    error = refused(get, destination, "https://example.org/", mirror="/")
    assert "file name" in error.found


def test_nowhere_to_write(site, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="cannot be written"):
        fetch(f"{site.url}/x", tmp_path / "file" / "x")


def test_full_disk_is_told_and_costs_nothing(site, get, destination, pauses):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        error = refused(get, destination, f"{site.url}/x")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert error.where == str(destination)
    assert "File too large" in error.found
    assert pauses == []
    get(f"{site.url}/x")
    assert fetched(destination)
    assert site.ranges == [None, "bytes=100000-"]


class FtpHandler(socketserver.StreamRequestHandler):
    """As much of FTP as one anonymous download takes."""

    def handle(self):
        self.say("220 ready")
        for line in self.rfile:
            verb, _, argument = line.decode().strip().partition(" ")
            if verb == "RETR" and argument == "x":
                self.say(f"150 here it comes ({len(BODY)} bytes)")
                self.send_data()
                self.say("226 done")
            elif verb == "EPSV":
                self.listener = socketserver.TCPServer(("127.0.0.1", 0), None)
                self.say(f"229 here (|||{self.listener.server_address[1]}|)")
            elif verb == "PASV":
                self.listener = socketserver.TCPServer(("127.0.0.1", 0), None)
                high, low = divmod(self.listener.server_address[1], 256)
                self.say(f"227 here (127,0,0,1,{high},{low})")
            elif verb in ("RETR", "CWD") and argument != "pub":
                self.say("550 no such file")
            else:
                self.say("230 fine")

    def say(self, line):
        self.wfile.write(f"{line}\r\n".encode())

    def send_data(self):
        self.server.downloads += 1
        connection, _ = self.listener.get_request()
        with self.listener, connection:
            connection.sendall(BODY[: 1000 if self.server.downloads == 1 else None])


@pytest.fixture
def ftp(monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), FtpHandler) as server:
        server.daemon_threads = True
        server.downloads = 0
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"ftp://127.0.0.1:{server.server_address[1]}/pub"
        server.shutdown()
        thread.join()


def test_ftp_that_breaks_off_once(ftp, get, destination, pauses):
    get(f"{ftp}/x", sha256=DIGEST)
    assert fetched(destination)
    assert pauses == [1]


def test_ftp_without_the_file(ftp, get, destination, pauses):
    error = refused(get, destination, f"{ftp}/y")
    assert "550" in error.found
    assert pauses == []
