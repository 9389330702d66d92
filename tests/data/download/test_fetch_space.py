"""Disks that are full, too small, or cannot be written to."""

import gzip
import resource
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from misbehaving import BODY, fetched, names, refused
from permissions import unprivileged

from noncoding.common import space
from noncoding.common.errors import InputError
from noncoding.common.space import GIB
from noncoding.stages.fetch import fetch

ROOT = Path(__file__).parents[3]


@pytest.fixture
def set_free(monkeypatch):
    """Sets the free bytes of the disk."""

    def set_free(count):
        monkeypatch.setattr(space, "free_bytes", lambda _: count)

    return set_free


def test_disk_gib_of_deepsea_covers_every_stage():
    rows, loci, targets = 4_400_000 + 8_000 + 455_024, 227_512, 919
    archive = 4e9
    unpacked = rows * (4 * 1000 + targets)
    stores = rows * (4 * 125 + 115)
    spill = 2.7e9
    predictions = loci * targets * 4
    checkpoints = 4 * 4 * 41.1e6 * 4 + 41.1e6 * 4
    total = archive + unpacked + stores + spill + predictions + checkpoints
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    assert total < config["datasets"]["deepsea"]["disk_gib"] * GIB < 1.1 * total


def test_no_room_for_all_stages_is_reported_before_any_request(site, get, destination, set_free):
    set_free(999_999)
    error = refused(get, destination, f"{site.url}/x", room=1_000_000)
    assert error.where == str(destination.parent)
    assert "disk_gib" in error.expected
    assert site.requests == []
    set_free(1_000_000)
    get(f"{site.url}/x", room=1_000_000)
    assert fetched(destination)


def test_no_room_for_the_download_is_reported_before_writing(site, get, destination, set_free):
    set_free(len(BODY) - 1)
    error = refused(get, destination, [f"{site.url}/x", f"{site.url}/y"])
    assert f"({len(BODY) - 1:,} bytes) free" in error.found
    assert f"({len(BODY):,} bytes) for the rest of {site.url}/x" in error.expected
    assert names(destination.parent) == [destination.name]
    # No room for another URL either.
    assert len(site.requests) == 1
    set_free(len(BODY))
    get(f"{site.url}/x")
    assert fetched(destination)


def test_received_bytes_need_no_room(site, get, destination, interrupted, set_free):
    received = interrupted.stat().st_size
    rest = len(BODY) - received
    set_free(rest - 1)
    error = refused(get, destination, f"{site.url}/x")
    assert f"({rest:,} bytes)" in error.expected
    set_free(rest)
    get(f"{site.url}/x")
    assert fetched(destination)
    assert site.ranges[1:] == [f"bytes={received}-"] * 2


def endless(handler, _):
    handler.send_response(200)
    handler.end_headers()
    with suppress(OSError):  # until the client hangs up
        while True:
            handler.wfile.write(bytes(2**16))


def bomb(handler, _):
    handler.reply(gzip.compress(bytes(10**7)), headers={"Content-Encoding": "gzip"})


@pytest.mark.parametrize("answer", [endless, bomb])
def test_an_endless_body_stops_at_disk_gib(site, tmp_path, answer):
    site.answer = answer
    with pytest.raises(InputError) as caught:
        fetch([f"{site.url}/x", f"{site.url}/y"], tmp_path / "raw" / "x.fa", room=1_000_000)
    assert caught.value.where == f"{site.url}/x"
    assert "of a file of unknown length" in caught.value.found
    assert "disk_gib" in caught.value.remedy
    assert names(tmp_path / "raw") == []
    assert len(site.requests) == 1


def test_local_file_without_room(get, destination, source, set_free):
    set_free(len(BODY) - 1)
    refused(get, destination, str(source))
    assert names(destination.parent) == [destination.name]


def test_nowhere_to_write(site, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="cannot be written"):
        fetch(f"{site.url}/x", tmp_path / "file" / "x")


def test_read_only_folder(site, tmp_path, monkeypatch):
    work = tmp_path / "work"
    (work / "raw").mkdir(parents=True)
    (work / "raw").chmod(0o555)
    monkeypatch.chdir(work)  # the folders above may be closed to others
    with unprivileged(), pytest.raises(InputError) as caught:
        fetch([f"{site.url}/x", f"{site.url}/y"], "raw/x")
    (work / "raw").chmod(0o755)
    assert caught.value.where == "raw/x"
    assert "cannot be written (Permission denied)" in caught.value.found
    assert names(work / "raw") == []
    assert site.requests == []


def test_full_disk_is_reported_and_the_part_is_kept(site, get, destination):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        error = refused(get, destination, [f"{site.url}/x", f"{site.url}/y"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert error.where == str(destination)
    assert "File too large" in error.found
    assert len(site.requests) == 1
    get(f"{site.url}/x")
    assert fetched(destination)
    assert site.ranges == [None, "bytes=100000-"]
