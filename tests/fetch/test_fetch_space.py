"""Disks that are full or cannot be written to."""

import resource

import pytest
from misbehaving import fetched, refused

from noncoding.errors import InputError
from noncoding.fetch import fetch


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
