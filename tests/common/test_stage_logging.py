import errno
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from noncoding.common.errors import InputError
from noncoding.common.files import atomic_write
from noncoding.common.stage_logging import explained, logged_stage


def test_bad_input_ends_in_one_clear_line(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended, logged_stage(tmp_path / "log"):
        raise InputError("file.bed, line 3", "2 columns", "at least 3", "Correct the line.")
    assert ended.value.code == 1
    message = "file.bed, line 3: found 2 columns; expected at least 3. Correct the line."
    assert message in (tmp_path / "log").read_text()
    assert message in capsys.readouterr().err
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_what_files_hold_does_not_control_the_terminal(tmp_path, capsys):
    with pytest.raises(SystemExit), logged_stage(tmp_path / "log"):
        logging.getLogger("noncoding").warning("%s: two\nlines", "a\x1b[2J")
        raise InputError("b\x1b[31m", "c\r\nERROR d", "e", "f")
    for said in (capsys.readouterr().err, (tmp_path / "log").read_text(encoding="utf-8")):
        assert r"a\x1b[2J: two" in said
        assert r"b\x1b[31m: found c\r\nERROR d" in said
        assert "\x1b" not in said


def test_what_is_unexpected_keeps_its_traceback(tmp_path):
    with pytest.raises(ZeroDivisionError), logged_stage(tmp_path / "log"):
        logging.getLogger("noncoding.somewhere").info("before")
        _ = 1 / 0
    text = (tmp_path / "log").read_text()
    assert "INFO before" in text
    assert "ZeroDivisionError" in text


@pytest.mark.parametrize(
    ("number", "fragment"),
    [
        (errno.ENOSPC, "a full disk"),
        (errno.EDQUOT, "a used-up quota"),
        (errno.EROFS, "a read-only file system"),
        (errno.EACCES, "no permission"),
        (errno.ENOENT, "no such file"),
        (errno.EISDIR, "a folder"),
        (errno.EIO, "an error of the disk or network"),
    ],
)
def test_a_disk_that_takes_nothing_is_told_with_the_file(tmp_path, number, fragment):
    with pytest.raises(SystemExit), logged_stage(tmp_path / "log"):
        raise OSError(number, "as the system says it", "results/.temporary-a1_b2c3d-maps.h5")
    text = (tmp_path / "log").read_text()
    assert f"results/maps.h5: found {fragment}" in text
    assert "run the same command again" in text
    assert "Traceback" not in text


def test_a_really_full_device_is_told(tmp_path):
    with (
        pytest.raises(SystemExit),
        logged_stage(tmp_path / "log"),
        atomic_write(tmp_path / "table.tsv") as [partial],
        Path("/dev/full").open("w", encoding="utf-8") as file,
    ):
        partial.touch()
        file.write("something")
    assert f"{tmp_path / 'table.tsv'}: found a full disk" in (tmp_path / "log").read_text()


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MemoryError("Unable to allocate 8 GiB"), "it has run out (Unable to allocate 8 GiB)"),
        (RuntimeError("Can't close (file name = 'a.h5', errno = 28)"), "a.h5: found a full disk"),
        (ValueError("I/O error: No space left on device (os error 28)"), "a full disk"),
    ],
)
def test_what_libraries_say_of_memory_and_disks_is_understood(tmp_path, error, message):
    with pytest.raises(SystemExit), logged_stage(tmp_path / "log"):
        raise error
    text = (tmp_path / "log").read_text()
    assert message in text
    assert "Traceback" not in text


def test_a_log_that_cannot_be_written_is_told(tmp_path, capsys):
    (tmp_path / "log").mkdir()
    with pytest.raises(SystemExit) as ended, logged_stage(tmp_path / "log"):
        pass
    assert ended.value.code == 1
    assert f"{tmp_path / 'log'}: found a folder; expected a file" in capsys.readouterr().err


def test_a_link_in_place_of_the_log_costs_nothing(tmp_path):
    other = tmp_path / "other"
    other.write_text("precious")
    (tmp_path / "log").symlink_to(other)
    with logged_stage(tmp_path / "log"):
        logging.getLogger("noncoding").info("said")
    assert other.read_text() == "precious"
    assert "said" in (tmp_path / "log").read_text()


def test_two_processes_do_not_write_over_each_other_in_a_log(tmp_path):
    with logged_stage(tmp_path / "log"):
        logging.getLogger("noncoding").info("of the first")
        (tmp_path / "log").write_text("of the second\n")  # it begins the log anew
        logging.getLogger("noncoding").info("more")
    assert (tmp_path / "log").read_text().splitlines()[0] == "of the second"
    assert "\0" not in (tmp_path / "log").read_text()


def later(path, seconds):
    path.touch()
    time = path.stat().st_mtime + seconds
    os.utime(path, (time, time))
    return path


def test_an_input_from_the_future_stops_a_stage_before_it_begins(tmp_path):
    store = later(tmp_path / "train.h5", 7200)
    with pytest.raises(SystemExit), logged_stage(tmp_path / "log", [tmp_path / "gone", store]):
        pytest.fail("it began")
    text = (tmp_path / "log").read_text()
    assert f"{store}: found a time that is 7,200 s ahead of the clock" in text
    assert f"`touch {store}`" in text


def test_a_clock_that_was_set_back_meanwhile_is_told_at_the_end(tmp_path):
    store = later(tmp_path / "train.h5", 0)
    with pytest.raises(SystemExit), logged_stage(tmp_path / "log", [store]):
        later(store, 7200)
    assert "ahead of the clock" in (tmp_path / "log").read_text()


def test_results_are_not_older_than_an_input_by_a_clock_a_little_ahead(tmp_path):
    """What Snakemake touches after the stage is newer than its inputs."""
    store = tmp_path / "train.h5"
    with logged_stage(tmp_path / "log", [store]):
        later(store, 0.3)
    (tmp_path / "result").touch()
    assert (tmp_path / "result").stat().st_mtime >= store.stat().st_mtime


def test_what_hdf5_says_of_a_disk_is_understood_and_nothing_half_written_stays(tmp_path):
    script = f"""
import resource, signal
import h5py, numpy as np
from noncoding.common.files import atomic_write
from noncoding.common.stage_logging import logged_stage
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
with logged_stage({str(tmp_path / "log")!r}):
    with atomic_write({str(tmp_path / "store.h5")!r}) as [part], h5py.File(part, "w") as file:
        file["rows"] = np.random.default_rng(0).random(100_000)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode != 0
    assert "the largest size that a file may have" in (tmp_path / "log").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["log"]


def test_an_error_of_no_disk_keeps_its_traceback(tmp_path):
    with pytest.raises(OSError, match="gone"), logged_stage(tmp_path / "log"):
        raise OSError(errno.EPIPE, "gone")
    assert "Traceback" in (tmp_path / "log").read_text()


def test_an_interrupted_stage_says_so(tmp_path):
    with pytest.raises(SystemExit), logged_stage(tmp_path / "log"):
        raise KeyboardInterrupt
    assert "interrupted; run the same command again" in (tmp_path / "log").read_text()
    assert "Traceback" not in (tmp_path / "log").read_text()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a/events", "a/events"),
        (b"a/events", "a/events"),
        ("a/.temporary-x1y2-figure.png", "a/figure.png"),
        ("a/.temporary-x1y2-figure.png.lock", "a/figure.png"),
        ("a/flake.lock", "a/flake.lock"),
    ],
)
def test_the_file_that_met_a_full_disk_is_named_by_its_final_name(name, shown):
    message = explained(OSError(errno.ENOSPC, "No space left on device", name))
    assert str(message).startswith(f"{shown}: found a full disk")


def fails(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


class Unwritten:
    __del__ = fails


def in_a_thread():
    thread = threading.Thread(target=fails)
    thread.start()
    thread.join()


def in_an_extension():
    try:
        fails()
    except OSError:
        sys.excepthook(*sys.exc_info())


@pytest.mark.parametrize("failure", [in_a_thread, Unwritten, in_an_extension])
def test_a_full_disk_beside_the_stage_itself_is_reported_in_a_line(tmp_path, capsys, failure):
    with logged_stage(tmp_path / "log"):
        failure()
        failure()
    said = capsys.readouterr().err
    assert said.count("found a full disk") == 1
    assert "Traceback" not in said
