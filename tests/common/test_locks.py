"""Locks of folders and files, and their message to a second process."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from noncoding.common.errors import InputError
from noncoding.common.locks import LOCKS, exclusive, hold, lock_message, release, remove_stale


@pytest.fixture
def locked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / LOCKS).mkdir(parents=True)
    (tmp_path / LOCKS / "0.input.lock").write_text("")
    return tmp_path


def another(script):
    """Output of another process in the same folder."""
    command = [
        sys.executable,
        "-c",
        f"from noncoding.common.locks import hold, lock_message, remove_stale; {script}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout


def test_a_running_process_is_named(locked):
    hold(local=True)
    assert lock_message() is None
    message = another("print(lock_message())")
    assert f"process {os.getpid()}" in message
    assert "It is still running" in message


def test_a_killed_process_is_reported_with_the_remedy(locked):
    another("hold(local=True)")
    message = lock_message()
    assert "That process is gone" in message and " --unlock`" in message


@pytest.mark.parametrize("changed", [{"process": 2**22 + 1}, {"since": "2001-01-01"}, {"user": 3}])
def test_locks_do_not_depend_on_clock_or_process_number(locked, changed):
    """For example after a change of the clock, or in a container."""
    hold(local=True)
    path = locked / ".snakemake" / "holder.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))
    assert "It is still running" in another("print(lock_message())")


@pytest.mark.parametrize("record", ["{}", "[]", "null", "", "[" * 10**5, '{"process": 1}'])
def test_an_invalid_record(locked, record):
    hold(local=True)
    (locked / ".snakemake" / "holder.json").write_text(record)
    assert "locked by another run. It is still running" in another("print(lock_message())")
    release()
    (locked / ".snakemake" / "holder.json").write_text(record)
    assert lock_message() is None


def test_secrets_of_the_command_line_are_redacted(locked, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["snakemake", "--config", "mirror=https://me:S3CRET@host/x"])
    hold(local=True)
    text = (locked / ".snakemake" / "holder.json").read_text()
    release()
    assert "S3CRET" not in text and "mirror=https://***@host/x" in text


def test_a_process_of_another_machine_may_still_run(locked):
    hold(local=True)
    path = locked / ".snakemake" / "holder.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"machine": "elsewhere"}))
    text = path.read_text()
    release()
    path.write_text(text)
    assert "If it still runs there" in lock_message()


def test_a_folder_without_a_lock_has_no_holder(locked):
    hold(local=True)
    release()
    assert lock_message() is None
    hold(local=True)
    (locked / LOCKS / "0.input.lock").unlink()
    assert another("print(lock_message())").strip() == "None"


@pytest.mark.parametrize("kind", ["a folder of runs", "a file"])
def test_a_link_in_place_of_a_lock_is_replaced(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    precious = tmp_path / "precious"
    precious.write_text("precious")
    lock = tmp_path / (".snakemake/holder.json" if kind == "a folder of runs" else ".lock-x.h5")
    lock.parent.mkdir(exist_ok=True)
    lock.symlink_to(precious)
    if kind == "a folder of runs":
        hold(local=True)
        assert str(os.getpid()) in lock.read_text()
        release()
    else:
        with exclusive(tmp_path / "x.h5"):
            assert str(os.getpid()) in lock.read_text()
    assert precious.read_text() == "precious"
    assert not lock.exists()


HOLDING = """
import sys
from pathlib import Path
from noncoding.common.locks import exclusive
with exclusive(sys.argv[1]):
    print("here", flush=True)
    sys.stdin.read()
"""


def test_an_exclusive_folder_is_refused_to_another_process(tmp_path):
    folder = tmp_path / "unfinished"
    command = [sys.executable, "-c", HOLDING, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"here\n"
        with (
            pytest.raises(InputError, match=rf"process {other.pid} of \S+ on ") as error,
            exclusive(folder),
        ):
            pass
        assert error.value.where == str(folder)
        assert "Wait until it has ended" in error.value.remedy
        other.kill()
        other.wait()
        # The lock file remains, but nobody holds it.
        assert list(tmp_path.iterdir())
        with exclusive(folder):
            pass
    assert not list(tmp_path.iterdir())


def changed(change):
    path = Path(".snakemake", "holder.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | change))


def test_locks_of_a_killed_run_are_removed(locked):
    another("hold(local=True)")
    assert "An earlier run was killed (process" in remove_stale()
    assert not any((locked / LOCKS).iterdir())
    assert remove_stale() is None


@pytest.mark.parametrize("change", [{"machine": "elsewhere"}, {"local": False}, {"process": None}])
def test_locks_of_a_run_that_may_still_have_jobs_are_kept(locked, change):
    another("hold(local=True)")
    if change == {"process": None}:
        (locked / ".snakemake" / "holder.json").write_text("{}")
    else:
        changed(change)
    assert remove_stale() is None
    assert any((locked / LOCKS).iterdir())


def test_locks_of_a_running_process_are_kept(locked):
    hold(local=True)
    assert another("print(remove_stale())").strip() == "None"
    release()
    assert any((locked / LOCKS).iterdir())


def test_locks_of_a_run_that_has_just_begun_are_kept(locked):
    """It has not yet replaced the record of the one that was killed before it."""
    another("hold(local=True)")
    recorded = (locked / ".snakemake" / "holder.json").stat().st_mtime
    os.utime(locked / LOCKS / "0.input.lock", (recorded + 1, recorded + 1))
    assert remove_stale() is None
    assert any((locked / LOCKS).iterdir())
