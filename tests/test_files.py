import hashlib
import os
import signal
import subprocess
import sys

import pytest

from noncoding.files import sha256, temporary, written_folders, written_whole


def test_files_appear_together(tmp_path):
    one, two = tmp_path / "new" / "one.txt", tmp_path / "two.txt"
    with written_whole(one, two) as [first, second]:
        first.write_text("1")
        second.write_text("2")
        assert not one.exists()
        assert not two.exists()
    assert (one.read_text(), two.read_text()) == ("1", "2")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["new", "two.txt"]


def test_an_error_leaves_what_was_there(tmp_path):
    final = tmp_path / "one.txt"
    final.write_text("before")
    with pytest.raises(RuntimeError), written_whole(final) as [partial]:
        partial.write_text("half")
        raise RuntimeError
    assert final.read_text() == "before"
    assert list(tmp_path.iterdir()) == [final]


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path):
    final = tmp_path / "one.h5"
    script = f"""
import os, signal
from noncoding.files import temporary
with temporary({str(final)!r}) as name:
    name.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", script], check=False)
    assert killed.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    living = left.with_name(left.name.replace(left.name.split("-")[-2], str(os.getppid())))
    elsewhere = left.with_name(".temporary-another.machine-1-one.h5")
    for path in (living, elsewhere):
        path.write_text("being written")
    with temporary(final) as name:
        name.write_text("mine")
        assert set(tmp_path.iterdir()) == {living, elsewhere, name}
    assert set(tmp_path.iterdir()) == {living, elsewhere}


def test_a_folder_takes_its_place_whole(tmp_path):
    final = tmp_path / "figures"
    final.mkdir()
    (final / "old.png").write_text("old")
    with pytest.raises(RuntimeError), written_folders(final) as [partial]:
        (partial / "new.png").write_text("half")
        raise RuntimeError
    assert [path.name for path in final.iterdir()] == ["old.png"]
    with written_folders(final) as [partial]:
        (partial / "new.png").write_text("new")
        assert (final / "old.png").exists()
    assert [path.name for path in final.iterdir()] == ["new.png"]
    assert list(tmp_path.iterdir()) == [final]


def test_a_folder_that_a_killed_process_left_is_removed(tmp_path):
    final = tmp_path / "figures"
    script = f"""
import os, signal
from noncoding.files import written_folders
with written_folders({str(final)!r}) as [partial]:
    (partial / "half.png").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", script], check=False)
    (left,) = tmp_path.iterdir()
    with written_folders(final) as [partial]:
        assert not left.exists()
        (partial / "new.png").write_text("new")
    assert list(tmp_path.iterdir()) == [final]


def test_sha256(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"ACGT" * 100_000)
    assert sha256(path) == hashlib.sha256(b"ACGT" * 100_000).hexdigest()
