import ssl
import threading
from contextlib import contextmanager
from http.server import ThreadingHTTPServer

import pytest
from misbehaving import BODY, SELF_SIGNED, Handler, Site, drop_first, refused

from noncoding.data.download import http
from noncoding.stages.fetch import fetch


@contextmanager
def served(scheme="http"):
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if scheme == "https":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(SELF_SIGNED)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        server.site = Site(scheme, server.server_address)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server.site
        server.site.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def without_proxy(monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")


@pytest.fixture
def site():
    with served() as site:
        yield site


@pytest.fixture
def other_site():
    with served() as site:
        yield site


@pytest.fixture
def secure_site():
    with served("https") as site:
        yield site


@pytest.fixture
def destination(tmp_path):
    """A final name under which there is a file."""
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "bundle.tar.gz").write_bytes(b"from before")
    return folder / "bundle.tar.gz"


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch):
    monkeypatch.setattr(http, "RETRY", http.RETRY.new(backoff_factor=0))


@pytest.fixture
def patience(monkeypatch):
    """Sets the timeout and options of the retry policy."""

    def patience(*, timeout=http.TIMEOUT, **policy):
        monkeypatch.setattr(http, "TIMEOUT", timeout)
        monkeypatch.setattr(http, "RETRY", http.RETRY.new(**policy))

    return patience


@pytest.fixture
def get(destination):
    def get(url, **options):
        fetch(url, destination, **options)

    return get


@pytest.fixture
def interrupted(site, get, destination, monkeypatch):
    """The partial file that an earlier run has left of `/x`."""
    site.answer = drop_first()
    with monkeypatch.context() as patch:
        patch.setattr(http, "RETRY", http.RETRY.new(total=0))
        refused(get, destination, f"{site.url}/x")
    return destination.with_name(f".partial-{destination.name}")


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "my data" / "bundle.tar.gz"
    path.parent.mkdir()
    path.write_bytes(BODY)
    return path
