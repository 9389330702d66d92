import threading
from http.server import ThreadingHTTPServer

import pytest
from misbehaving import BODY, Handler, Site

from noncoding.fetch.fetch import fetch


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


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "my data" / "bundle.tar.gz"
    path.parent.mkdir()
    path.write_bytes(BODY)
    return path
