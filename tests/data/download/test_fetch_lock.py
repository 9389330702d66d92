"""The lock file, with which later downloads are compared."""

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from misbehaving import BODY, DIGEST, OTHER, by_path, drop_first, fetched, refused

from noncoding.common.locks import exclusive

NEW_DIGEST = sha256(OTHER).hexdigest()
DATE = "Wed, 21 Oct 2015 07:28:00 GMT"


@pytest.fixture
def lock(destination):
    return destination.with_name(f"{destination.name}.lock.json")


def other(handler, _):
    handler.reply(OTHER, etag='"two"')


def test_the_lock_records_what_was_fetched_and_when(site, get, lock):
    site.answer = drop_first(headers={"Last-Modified": DATE})
    get(f"{site.url}/x")
    record = json.loads(lock.read_text())
    age = datetime.now(UTC) - datetime.fromisoformat(record.pop("fetched"))
    assert timedelta(0) <= age < timedelta(days=1)
    assert record == {
        "url": f"{site.url}/x",
        "sha256": DIGEST,
        "bytes": len(BODY),
        "etag": '"one"',
        "last_modified": DATE,
    }


def test_a_different_file_is_refused(site, get, destination, lock):
    get(f"{site.url}/x")
    before = lock.read_bytes()
    destination.write_bytes(b"from before")
    site.answer = other
    error = refused(get, destination, f"{site.url}/x")
    assert error.where == f"{site.url}/x"
    assert NEW_DIGEST in error.found
    assert DIGEST in error.expected
    assert json.loads(before)["fetched"] in error.expected
    assert f"delete {lock}" in error.remedy
    assert "set sha256" in error.remedy
    assert lock.read_bytes() == before
    assert fetched(destination, b"from before")


def test_a_different_file_is_accepted_without_the_lock(site, get, destination, lock):
    get(f"{site.url}/x")
    lock.unlink()
    site.answer = other
    get(f"{site.url}/x")
    assert fetched(destination, OTHER)
    assert json.loads(lock.read_text())["sha256"] == NEW_DIGEST


def test_the_configured_digest_overrides_the_lock(site, get, destination, lock):
    get(f"{site.url}/x")
    site.answer = other
    get(f"{site.url}/x", sha256=NEW_DIGEST)
    assert fetched(destination, OTHER)
    assert json.loads(lock.read_text())["sha256"] == NEW_DIGEST


def test_a_wrong_configured_digest_keeps_the_lock(site, get, destination, lock):
    get(f"{site.url}/x")
    before = lock.read_bytes()
    destination.write_bytes(b"from before")
    refused(get, destination, f"{site.url}/x", sha256=NEW_DIGEST)
    assert lock.read_bytes() == before


def test_the_same_content_of_another_source_is_accepted(site, get, destination, source, lock):
    get(f"{site.url}/bundle.tar.gz")
    get(f"{site.url}/bundle.tar.gz", mirror=str(source.parent))
    assert fetched(destination)
    assert json.loads(lock.read_text())["url"] == str(source)


def test_a_local_file_is_locked(get, destination, source):
    get(str(source))
    source.write_bytes(OTHER)
    destination.write_bytes(b"from before")
    assert NEW_DIGEST in refused(get, destination, str(source)).found


def test_after_a_different_file_the_next_url_is_tried(site, get, destination, lock):
    get(f"{site.url}/x")
    site.answer = by_path(x=lambda handler: handler.reply(OTHER), y=lambda handler: handler.reply())
    get([f"{site.url}/x", f"{site.url}/y"])
    assert fetched(destination)
    assert json.loads(lock.read_text())["url"] == f"{site.url}/y"


DAMAGED = [
    "",
    "{",
    "[]",
    "{}",
    '{"sha256": "abc"}',
    "[" * 10**5,
    json.dumps(dict.fromkeys(["url", "sha256", "bytes", "etag", "last_modified", "fetched"])),
]


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_lock_is_reported_before_any_request(site, get, destination, lock, text):
    lock.write_text(text)
    error = refused(get, destination, f"{site.url}/x")
    assert error.where == str(lock)
    assert "Delete it" in error.remedy
    assert site.requests == []
    assert lock.read_text() == text


def test_the_configured_digest_overrides_a_damaged_lock(site, get, destination, lock):
    lock.write_bytes(b"\xff")
    get(f"{site.url}/x", sha256=DIGEST)
    assert fetched(destination)
    assert json.loads(lock.read_text())["sha256"] == DIGEST


def test_simulated_files_are_not_locked(site, get, destination, lock):
    lock.write_text("not read")
    get(f"{site.url}/x", locked=False)
    assert destination.read_bytes() == BODY
    assert lock.read_text() == "not read"


def test_killed_before_the_lock_is_written(site, get, destination, lock, monkeypatch):
    """The file is complete: the next run writes the lock and requests nothing."""

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("noncoding.stages.fetch.write_lock", killed)
        get(f"{site.url}/x")
    assert destination.read_bytes() == b"from before"
    assert not lock.exists()
    get(f"{site.url}/x")
    assert fetched(destination)
    assert json.loads(lock.read_text())["etag"] == '"one"'
    assert len(site.requests) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="names of open files from /proc")
def test_bytes_are_synced_before_lock_and_final_name(site, get, destination, lock, monkeypatch):
    steps = []
    fsync, replace = os.fsync, Path.replace

    def synced(descriptor):
        steps.append(("synced", Path(f"/proc/self/fd/{descriptor}").readlink()))
        fsync(descriptor)

    def named(path, name):
        steps.append(("named", Path(name)))
        return replace(path, name)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", named)
    get(f"{site.url}/x")
    assert steps[0] == ("synced", destination.with_name(f".partial-{destination.name}"))
    folder = ("synced", destination.parent)
    assert [step for step in steps if step[0] == "named" or step == folder] == [
        ("named", lock),
        folder,
        ("named", destination),
        folder,
    ]


def test_two_processes_do_not_write_one_file(site, get, destination):
    with exclusive(destination):
        error = refused(get, destination, f"{site.url}/x")
    assert "is being written by process" in error.found
    assert site.requests == []
    get(f"{site.url}/x")
    assert fetched(destination)
