"""Secure connections that do not come about."""

import socket
import threading

import pytest
from misbehaving import SELF_SIGNED, fetched, refused


def test_a_certificate_that_cannot_be_verified(secure_site, get, destination, pauses):
    error = refused(get, destination, f"{secure_site.url}/x")
    assert error.where == f"{secure_site.url}/x"
    assert "self-signed certificate" in error.found
    assert "REQUESTS_CA_BUNDLE" in error.remedy
    assert pauses == [] == secure_site.requests


def test_a_certificate_of_ones_own_network(secure_site, get, destination, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(SELF_SIGNED))
    get(f"{secure_site.url}/x")
    assert fetched(destination)


def test_a_server_that_knows_no_tls(site, get, destination, pauses):
    error = refused(get, destination, site.url.replace("http", "https"))
    assert "no secure connection" in error.found
    assert pauses == []


@pytest.mark.parametrize("url", ["https://127.0.0.1:{}/x", "http://127.0.0.1:{}/x"])
def test_hung_up_in_the_handshake(get, destination, pauses, url):
    """Which may pass, as any lost connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up():
            for _ in range(2):
                connection, _ = server.accept()
                connection.recv(10_000)
                connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        error = refused(get, destination, url.format(server.getsockname()[1]), retries=1)
        thread.join()
    assert "a lost connection" in error.found
    assert pauses == [1]
