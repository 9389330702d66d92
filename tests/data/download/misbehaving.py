"""Misbehaving servers on the loopback interface, and what tests share."""

import random
import re
import threading
import time
from hashlib import sha256
from http.server import BaseHTTPRequestHandler
from itertools import pairwise
from pathlib import Path

import pytest

from noncoding.common.errors import InputError

BODY = random.Random(1).randbytes(500_000)
OTHER = random.Random(2).randbytes(400_000)
DIGEST = sha256(BODY).hexdigest()
ETAG = '"one"'
SELF_SIGNED = Path(__file__).with_name("self_signed.pem")
"""Key and certificate of 127.0.0.1."""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        site = self.server.site
        site.requests.append((self.path, self.headers.get("Range"), self.headers.get("If-Range")))
        site.headers.append(self.headers)
        site.times.append(time.monotonic())
        site.answer(self, len(site.requests))

    def log_message(self, *_):
        pass

    def reply(
        self, body=BODY, *, etag=ETAG, ranges=True, if_range=True, stop=None, status=200, headers=()
    ):
        """Send `body` or the requested range, and hang up at byte `stop` of the file."""
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        same = not if_range or self.headers.get("If-Range") == etag
        start = int(asked[1]) if asked and ranges and same else 0
        answer = {"Content-Length": len(body) - start}
        if etag:
            answer["ETag"] = etag
        if start:
            status = 206
            answer["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        answer |= dict(headers)
        # Only the second adds a date.
        (self.send_response_only if "Date" in answer else self.send_response)(status)
        for name, value in answer.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body[start:stop])


class Site:
    """A server whose `answer(handler, number of the request)` a test sets."""

    def __init__(self, scheme, address):
        self.url = f"{scheme}://127.0.0.1:{address[1]}"
        self.requests, self.headers, self.times = [], [], []
        self.answer = lambda handler, _: handler.reply()
        self.released = threading.Event()

    @property
    def ranges(self):
        return [asked for _, asked, _ in self.requests]

    @property
    def intervals(self):
        return [later - before for before, later in pairwise(self.times)]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def fetched(destination, body=BODY):
    """Whether the file is right, and only its lock is beside it."""
    left = [destination.name, f"{destination.name}.lock.json"]
    return destination.read_bytes() == body and names(destination.parent) == left


def refused(get, destination, url, **options):
    """The error; asserts that the previous file is kept."""
    with pytest.raises(InputError) as caught:
        get(url, **options)
    assert destination.read_bytes() == b"from before"
    return caught.value


def first(answer):
    """An answer to the first request; the whole file after that."""
    return lambda handler, number: answer(handler) if number == 1 else handler.reply()


def drop_first(*, stop=300_000, then=None, **options):
    def answer(handler, number):
        if number == 1:
            handler.reply(stop=stop, **options)
        else:
            handler.reply(**(options | (then or {})))

    return answer


def hang_first(site, *, stop=None):
    """No answer to the first request, or none after byte `stop` of the body."""

    def answer(handler):
        if stop is not None:
            handler.reply(stop=stop)
            handler.wfile.flush()
        site.released.wait()

    return first(answer)


def by_path(**answers):
    """Answers by requested name, such as ``a=lambda handler: handler.reply()``."""
    return lambda handler, _: answers[handler.path.strip("/")](handler)


def not_there(handler):
    handler.reply(b"no", status=404)
