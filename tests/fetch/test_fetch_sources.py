"""Local files, mirrors and lists of URLs."""

from pathlib import Path

import pytest
from misbehaving import BODY, DIGEST, drop_first, fetched, names, refused


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


@pytest.mark.parametrize("address", ["s3://bucket/x", "file://host/x", "ftp://host/x", "http:///x"])
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


def test_mirror_sorted_into_folders(get, destination, source):
    inner = source.parent / "shelf" / "a"
    inner.mkdir(parents=True)
    source.rename(inner / source.name)
    get("https://example.org/bundle.tar.gz", mirror=str(source.parent))
    assert fetched(destination)


def test_mirror_with_several_files_of_the_name(get, destination, source):
    for name in ("a", "b"):
        (source.parent / name).mkdir()
        (source.parent / name / source.name).write_bytes(name.encode())
    source.unlink()
    error = refused(
        get, destination, "https://example.org/bundle.tar.gz", mirror=str(source.parent)
    )
    assert "a/bundle.tar.gz, b/bundle.tar.gz" in error.found


@pytest.mark.parametrize("end", ["", "/"])
def test_mirror_url(site, get, destination, end):
    get("https://example.org/a/x%23y.gz", mirror=f"{site.url}/copies{end}")
    assert fetched(destination)
    assert site.requests[0][0] == "/copies/x%23y.gz"


def test_mirror_of_no_file(get, destination):
    error = refused(get, destination, "https://example.org/", mirror="/")
    assert "file name" in error.found
