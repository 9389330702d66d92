import hashlib
import os
import signal
import subprocess
import sys

import pytest

from noncoding.common.files import (
    atomic_folders,
    atomic_write,
    read_json,
    sha256,
    temporary,
    write_json,
)


def test_files_appear_together(tmp_path):
    one, two = tmp_path / "new" / "one.txt", tmp_path / "two.txt"
    with atomic_write(one, two) as [first, second]:
        first.write_text("1")
        second.write_text("2")
        assert not one.exists()
        assert not two.exists()
    assert (one.read_text(), two.read_text()) == ("1", "2")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["new", "two.txt"]


def test_an_error_keeps_the_existing_file(tmp_path):
    final = tmp_path / "one.txt"
    final.write_text("before")
    with pytest.raises(RuntimeError), atomic_write(final) as [partial]:
        partial.write_text("half")
        raise RuntimeError
    assert final.read_text() == "before"
    assert list(tmp_path.iterdir()) == [final]


KILLED = """
import os, signal, sys
from noncoding.common.files import temporary
with temporary(sys.argv[1]) as name:
    name.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def names_in(folder):
    return {path.name for path in folder.iterdir()}


def test_temporary_files_of_killed_processes_are_removed(tmp_path):
    final = tmp_path / "one.h5"
    killed = subprocess.run([sys.executable, "-c", KILLED, str(final)], check=False)
    assert killed.returncode == -signal.SIGKILL
    left = names_in(tmp_path)
    assert left
    with temporary(final) as one, temporary(final) as other:
        for name in (one, other):
            name.write_text("mine")
            assert name.suffix == ".h5"
        assert one != other
        assert {one.name, other.name} <= names_in(tmp_path)
        assert not left & names_in(tmp_path)
    assert not names_in(tmp_path)


def test_writers_with_the_same_process_number_do_not_mix(tmp_path, monkeypatch):
    """For example in two containers."""
    final = tmp_path / "one.txt"
    monkeypatch.setattr(os, "getpid", lambda: 7)
    with atomic_write(final) as [slow]:
        slow.write_text("half ")
        with atomic_write(final) as [fast]:
            fast.write_text("fast")
        assert final.read_text() == "fast"
        with slow.open("a") as file:
            file.write("whole")
    assert final.read_text() == "half whole"
    assert names_in(tmp_path) == {"one.txt"}


@pytest.mark.parametrize("name", ["n" * 240 + ".h5", "ä" * 120 + ".h5"])
def test_names_of_maximum_length(tmp_path, name):
    with atomic_write(tmp_path / name) as [partial]:
        assert partial.suffix == ".h5"
        partial.write_text("whole")
    assert names_in(tmp_path) == {name}


SYNCED = """
import os, sys
from pathlib import Path
from noncoding.common.files import atomic_folders, atomic_write
fsync, rename = os.fsync, os.rename
def note(what):
    print(what, flush=True)
def synced(descriptor):
    place = Path(f"/proc/self/fd/{descriptor}").resolve()
    note("folder" if place.is_dir() else "file " + place.read_text())
    fsync(descriptor)
os.fsync = synced
sys.addaudithook(lambda event, _: note("rename") if event == "os.rename" else None)
with atomic_write("one", "two") as [one, two]:
    one.write_text("1")
    two.write_text("2")
note("-")
with atomic_folders("figures") as [partial]:
    (partial / "a.png").write_text("a")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="names of open files from /proc")
def test_content_is_synchronised_before_the_final_name(tmp_path):
    command = [sys.executable, "-c", SYNCED]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    files, folders = done.stdout.split("-\n")
    assert files.split("\n")[:-1] == ["file 1", "file 2", "rename", "rename", "folder"]
    assert folders.split("\n")[:-1] == ["file a", "folder", "rename", "folder"]


@pytest.mark.parametrize("content", [b"", b"{", b"\0\0\0\0", b"\xff\xfe", b"[" * 10**5, None])
def test_invalid_json_is_none(tmp_path, content):
    path = tmp_path / "settings.json"
    if content is not None:
        path.write_bytes(content)
    assert read_json(path) is None


def test_a_folder_is_replaced_when_complete(tmp_path):
    final = tmp_path / "figures"
    final.mkdir()
    (final / "old.png").write_text("old")
    with pytest.raises(RuntimeError), atomic_folders(final) as [partial]:
        (partial / "new.png").write_text("half")
        raise RuntimeError
    assert [path.name for path in final.iterdir()] == ["old.png"]
    with atomic_folders(final) as [partial]:
        (partial / "new.png").write_text("new")
        assert (final / "old.png").exists()
    assert [path.name for path in final.iterdir()] == ["new.png"]
    assert list(tmp_path.iterdir()) == [final]


def test_temporary_folders_of_killed_processes_are_removed(tmp_path):
    final = tmp_path / "figures"
    script = f"""
import os, signal
from noncoding.common.files import atomic_folders
with atomic_folders({str(final)!r}) as [partial]:
    (partial / "half.png").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", script], check=False)
    left = names_in(tmp_path)
    assert left
    with atomic_folders(final) as [partial]:
        assert not left & names_in(tmp_path)
        (partial / "new.png").write_text("new")
    assert list(tmp_path.iterdir()) == [final]


OLD, NEW = {"a": "old a", "b": "old b"}, {"a": "new a", "c": "new c"}


def fill(folder, contents):
    for name, text in contents.items():
        (folder / name).write_text(text)


def write_files(folder):
    with atomic_write(folder / "one", folder / "two") as partials:
        for partial in partials:
            partial.write_text("new, and longer")


def write_folder(folder):
    with atomic_folders(folder / "figures") as [partial]:
        fill(partial, NEW)


def crashed(number, write, *arguments):
    """Whether a separate process was killed before its file operation of this number."""
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
        write_files(folder)  # Remaining temporary files are removed.
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


def test_json_with_nan_is_refused_and_the_old_file_stays(tmp_path):
    path = tmp_path / "summary.json"
    write_json({"mean": [0.5, None]}, path)
    with pytest.raises(ValueError, match="JSON"):
        write_json({"mean": float("nan")}, path)
    assert read_json(path) == {"mean": [0.5, None]}
