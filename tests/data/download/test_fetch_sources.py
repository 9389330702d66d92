"""Local files, mirrors and lists of URLs."""

import os
from pathlib import Path

import pytest
from misbehaving import BODY, DIGEST, OTHER, fetched, names, refused


@pytest.mark.parametrize("address", [str, Path.as_uri, lambda path: f"file:{path}"])
def test_local_file(get, destination, source, address):
    get(address(source), sha256=DIGEST)
    assert fetched(destination)
    assert source.read_bytes() == BODY


def test_local_file_replaces_a_partial_file(get, destination, source, interrupted):
    get(str(source))
    assert fetched(destination)
    assert not interrupted.exists()


@pytest.mark.parametrize(
    "name",
    ["a?b.gz", "a#b.gz", "100%20.gz", "a b.gz", "[ab]*.gz", os.fsdecode(b"Schl\xfcssel.gz")],
    ids=["question mark", "hash", "percent sign", "space", "pattern", "Latin-1"],
)
@pytest.mark.parametrize("address", [str, Path.as_uri])
def test_local_file_of_any_name(get, destination, source, address, name):
    get(address(source.rename(source.with_name(name))), sha256=DIGEST)
    assert fetched(destination)


def test_a_query_of_a_file_url_is_refused(get, destination, source):
    for end in ("?raw=1", "#top"):
        error = refused(get, destination, source.as_uri() + end)
        assert "%3F and %23" in error.remedy


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("nowhere", "no such file"),
        ("", "a folder"),
        ("pipe", "a pipe"),
        ("/dev/zero", "a device"),
    ],
)
def test_a_path_that_is_not_a_file(get, destination, tmp_path, name, found):
    os.mkfifo(tmp_path / "pipe")  # no process writes to it: opened, it would block
    error = refused(get, destination, str(tmp_path / name))
    assert error.where == str(tmp_path / name)
    assert error.found == found
    assert names(destination.parent) == [destination.name]


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("s3://bucket/x", "unknown kind"),
        ("file://host/x", "unknown kind"),
        ("ftp://host/x", "unknown kind"),
        ("http:///x", "unknown kind"),
        ("http://host:port/x", "not valid"),
        ("http://host:99999/x", "not valid"),
        ("http://[::g]/x", "cannot be read"),
        ("http://host/a b", "a space"),
        ("http://host/a\n", "a control character"),
        ("", "a folder"),
        (" ", "no such file"),
        ("~nobody-of-that-name/x", "no such file"),
        ("file:///a%00b", "no such file"),
        ("a\0b", "no such file"),
        ("a" * 300, "cannot be read"),
    ],
)
def test_invalid_address(get, destination, address, found):
    error = refused(get, destination, address)
    assert found in error.found
    assert str(error).isprintable()
    assert names(destination.parent) == [destination.name]


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


def test_mirror_file_name_is_not_a_pattern(get, destination, source):
    (source.parent / "b").mkdir()
    source.rename(source.parent / "b" / "x[1].gz")
    (source.parent / "b" / "x1.gz").write_bytes(OTHER)
    get("https://example.org/x[1].gz", mirror=str(source.parent))
    assert fetched(destination)


@pytest.mark.parametrize(
    ("mirror", "asked"),
    [
        ("copies", "/copies/x%23y.gz"),
        ("copies/", "/copies/x%23y.gz"),
        ("", "/x%23y.gz"),
        ("copies?key=S3CRET", "/copies/x%23y.gz?key=S3CRET"),
    ],
)
def test_mirror_url(site, get, destination, mirror, asked):
    get("https://example.org/a/x%23y.gz", mirror=f"{site.url}/{mirror}")
    assert fetched(destination)
    assert site.requests[0][0] == asked
    assert "S3CRET" not in destination.with_name(f"{destination.name}.lock.json").read_text()
