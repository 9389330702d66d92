"""Disks that are full, too small, or cannot be written to."""

import gzip
import os
import resource
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import yaml
from misbehaving import BODY, drop_first, fetched, names, refused

from noncoding.common.errors import InputError
from noncoding.data.download.space import GIB, Budget, check_room, free_bytes, present_bytes
from noncoding.stages.fetch import fetch

ROOT = Path(__file__).parents[3]


def test_room_to_the_last_byte(tmp_path):
    check_room(tmp_path, 3 * GIB, "a file", lambda _: 3 * GIB)
    with pytest.raises(InputError) as caught:
        check_room(tmp_path, 3 * GIB, "a file", lambda _: 3 * GIB - 1)
    assert caught.value.where == str(tmp_path)
    assert "(3,221,225,471 bytes) free" in caught.value.found
    assert caught.value.expected == "3.00 GiB (3,221,225,472 bytes) for a file"
    assert "larger disk" in caught.value.remedy


def test_free_bytes_of_a_folder_that_is_not_made_yet(tmp_path, monkeypatch):
    asked = []
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: asked.append(Path(path)) or usage)
    assert free_bytes(tmp_path / "a" / "b") == usage.free
    assert asked == [tmp_path]


def test_present_bytes(tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / ".hidden").write_bytes(bytes(30))
    (tmp_path / "y").write_bytes(bytes(12))
    assert present_bytes(tmp_path) == 42
    (tmp_path / ".temporary-here-123-train.mat").write_bytes(bytes(5))
    (tmp_path / ".partial-bundle.tar.gz").write_bytes(b"")
    assert present_bytes(tmp_path) == 42
    (tmp_path / "x" / "link").symlink_to(tmp_path / "y")
    assert present_bytes(tmp_path) == 42 + len(os.fsencode(tmp_path / "y"))
    assert present_bytes(tmp_path / "nowhere") == 0


@pytest.mark.parametrize(("gib", "needed"), [(1, GIB - 100), (0.5, GIB // 2 - 100), (1e-9, 0)])
def test_a_budget_counts_what_lies_there(tmp_path, gib, needed):
    (tmp_path / "x").write_bytes(bytes(100))
    assert Budget.of_gib(tmp_path, gib).needed() == needed


def test_the_budget_of_the_reproduction_covers_every_stage():
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


def test_no_room_for_all_stages_is_told_before_anything_is_asked(site, get, destination):
    lying = len(b"from before")
    budget = Budget(destination.parent, 1_000_000)
    error = refused(
        get,
        destination,
        f"{site.url}/x",
        budget=budget,
        free=lambda _: 1_000_000 - lying - 1,
    )
    assert error.where == str(destination.parent)
    assert "disk_gib" in error.expected
    assert site.requests == []
    get(f"{site.url}/x", budget=budget, free=lambda _: 1_000_000 - lying)
    assert fetched(destination)


def test_no_room_for_the_download_is_told_before_a_byte_is_written(site, get, destination):
    urls = [f"{site.url}/x", f"{site.url}/y"]
    error = refused(get, destination, urls, free=lambda _: len(BODY) - 1)
    assert f"({len(BODY) - 1:,} bytes) free" in error.found
    assert f"({len(BODY):,} bytes) for the rest of {site.url}/x" in error.expected
    assert names(destination.parent) == [destination.name]
    # Another URL would find no more room.
    assert len(site.requests) == 1
    get(f"{site.url}/x", free=lambda _: len(BODY))
    assert fetched(destination)


def test_what_was_received_needs_no_room_again(site, get, destination):
    site.answer = drop_first()
    refused(get, destination, f"{site.url}/x", retries=0)
    received = destination.with_name(".partial-bundle.tar.gz").stat().st_size
    rest = len(BODY) - received
    error = refused(get, destination, f"{site.url}/x", free=lambda _: rest - 1)
    assert f"({rest:,} bytes)" in error.expected
    get(f"{site.url}/x", free=lambda _: rest)
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
def test_a_body_without_an_end_is_given_up_where_the_room_ends(site, tmp_path, pauses, answer):
    site.answer = answer
    with pytest.raises(InputError) as caught:
        fetch(
            [f"{site.url}/x", f"{site.url}/y"],
            tmp_path / "raw" / "x.fa",
            budget=Budget(tmp_path, 1_000_000),
            pause=pauses.append,
        )
    assert caught.value.where == f"{site.url}/x"
    assert "of a file of unknown length" in caught.value.found
    assert "disk_gib" in caught.value.remedy
    assert names(tmp_path / "raw") == []
    assert pauses == []


def test_local_file_without_room(get, destination, source):
    refused(get, destination, str(source), free=lambda _: len(BODY) - 1)
    assert names(destination.parent) == [destination.name]


def test_nowhere_to_write(site, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="cannot be written"):
        fetch(f"{site.url}/x", tmp_path / "file" / "x")


@contextmanager
def unprivileged():
    """As a user whom the modes of folders hold for, even where the tests run as root."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(1)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_folder_that_is_read_only(site, tmp_path, monkeypatch, pauses):
    work = tmp_path / "work"
    (work / "raw").mkdir(parents=True)
    (work / "raw").chmod(0o555)
    monkeypatch.chdir(work)  # the folders above may be closed to others
    with unprivileged(), pytest.raises(InputError) as caught:
        fetch([f"{site.url}/x", f"{site.url}/y"], "raw/x", pause=pauses.append)
    (work / "raw").chmod(0o755)
    assert caught.value.where == "raw/x"
    assert "cannot be written (Permission denied)" in caught.value.found
    assert names(work / "raw") == []
    assert site.requests == []
    assert pauses == []


def test_full_disk_is_told_and_costs_nothing(site, get, destination, pauses):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        error = refused(get, destination, [f"{site.url}/x", f"{site.url}/y"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert error.where == str(destination)
    assert "File too large" in error.found
    assert pauses == []
    get(f"{site.url}/x")
    assert fetched(destination)
    assert site.ranges == [None, "bytes=100000-"]
