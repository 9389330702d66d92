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


OLD, NEW = {"a": "old a", "b": "old b"}, {"a": "new a", "c": "new c"}


def fill(folder, contents):
    for name, text in contents.items():
        (folder / name).write_text(text)


def write_files(folder):
    with written_whole(folder / "one", folder / "two") as partials:
        for partial in partials:
            partial.write_text("new, and longer")


def write_folder(folder):
    with written_folders(folder / "figures") as [partial]:
        fill(partial, NEW)


def crashed(number, write, *arguments):
    """Whether a process of its own died before its file operation of this number."""
    child = os.fork()
    if not child:
        left = number

        def crash(event, _):
            nonlocal left
            if event == "open" or event.startswith(("os.", "shutil.")):
                if not left:
                    signal.raise_signal(signal.SIGKILL)
                left -= 1

        try:
            sys.addaudithook(crash)
            write(*arguments)
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL)
    return status != 0


def test_a_crash_at_any_moment_leaves_files_old_or_new(tmp_path):
    number, seen, going = 0, set(), True
    while going:
        folder = tmp_path / str(number)
        folder.mkdir()
        fill(folder, {"one": "old", "two": "old"})
        going = crashed(number, write_files, folder)
        found = [(folder / name).read_text() for name in ("one", "two")]
        assert set(found) <= {"old", "new, and longer"}
        seen.add(tuple(found))
        write_files(folder)  # What was left is no obstacle, and goes.
        assert sorted(path.name for path in folder.iterdir()) == ["one", "two"]
        number += 1
    assert number > 4
    assert len(seen) == 3  # none, the first, or both


def test_a_crash_at_any_moment_leaves_a_folder_old_or_new_or_none(tmp_path):
    number, seen, going = 0, set(), True
    while going:
        folder = tmp_path / str(number)
        (folder / "figures").mkdir(parents=True)
        fill(folder / "figures", OLD)
        going = crashed(number, write_folder, folder)
        found = {path.name: path.read_text() for path in (folder / "figures").glob("*")}
        assert found in (OLD, NEW, {})
        assert found or not (folder / "figures").exists()
        seen.add(tuple(sorted(found)))
        write_folder(folder)
        assert [path.name for path in folder.iterdir()] == ["figures"]
        number += 1
    assert number > 6
    assert seen == {tuple(OLD), tuple(NEW), ()}


def test_sha256(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"ACGT" * 100_000)
    assert sha256(path) == hashlib.sha256(b"ACGT" * 100_000).hexdigest()
