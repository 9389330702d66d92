"""Secure connections that fail."""

import socket
import threading

import pytest
from misbehaving import SELF_SIGNED, fetched, refused


def test_untrusted_certificate(secure_site, get, destination):
    error = refused(get, destination, f"{secure_site.url}/x")
    assert error.where == f"{secure_site.url}/x"
    assert "self-signed certificate" in error.found
    assert "REQUESTS_CA_BUNDLE" in error.remedy
    assert secure_site.requests == []


def test_certificate_of_requests_ca_bundle(secure_site, get, destination, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(SELF_SIGNED))
    get(f"{secure_site.url}/x")
    assert fetched(destination)


def test_server_without_tls(site, get, destination):
    error = refused(get, destination, site.url.replace("http", "https"))
    assert "no secure connection" in error.found


@pytest.mark.parametrize("url", ["https://127.0.0.1:{}/x", "http://127.0.0.1:{}/x"])
def test_connection_closed_in_the_handshake(get, destination, patience, url):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up():
            for _ in range(2):
                connection, _ = server.accept()
                connection.recv(10_000)
                connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        patience(total=1)
        error = refused(get, destination, url.format(server.getsockname()[1]))
        thread.join()
    assert "a lost connection" in error.found
    assert "2 attempts" in error.found
