import errno
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from noncoding.common.errors import InputError
from noncoding.common.stage_logging import TASK, begin_log, logged_stage


def test_invalid_input_ends_in_one_line(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended, logged_stage(tmp_path / "log"):
        raise InputError("file.bed, line 3", "2 columns", "at least 3", "Correct the line.")
    assert ended.value.code == 1
    message = "file.bed, line 3: found 2 columns; expected at least 3. Correct the line."
    assert message in (tmp_path / "log").read_text()
    assert message in capsys.readouterr().err
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_control_characters_are_escaped_in_logs(tmp_path, capsys):
    with pytest.raises(SystemExit), logged_stage(tmp_path / "log"):
        logging.getLogger("noncoding").warning("%s: two\nlines", "a\x1b[2J")
        raise InputError("b\x1b[31m", "c\r\nERROR d", "e", "f")
    for said in (capsys.readouterr().err, (tmp_path / "log").read_text(encoding="utf-8")):
        assert r"a\x1b[2J: two" in said
        assert r"b\x1b[31m: found c\r\nERROR d" in said
        assert "\x1b" not in said


def test_an_unexpected_error_is_logged_with_its_traceback(tmp_path):
    with pytest.raises(ZeroDivisionError), logged_stage(tmp_path / "log"):
        logging.getLogger("noncoding.somewhere").info("before")
        _ = 1 / 0
    text = (tmp_path / "log").read_text()
    assert "INFO before" in text
    assert "ZeroDivisionError" in text


def test_an_unwritable_log_is_reported(tmp_path, capsys):
    (tmp_path / "log").mkdir()
    with pytest.raises(SystemExit) as ended, logged_stage(tmp_path / "log"):
        pass
    assert ended.value.code == 1
    assert f"{tmp_path / 'log'}: found a folder; expected a file" in capsys.readouterr().err


def test_a_link_in_place_of_the_log_is_replaced(tmp_path):
    other = tmp_path / "other"
    other.write_text("precious")
    (tmp_path / "log").symlink_to(other)
    with logged_stage(tmp_path / "log"):
        logging.getLogger("noncoding").info("said")
    assert other.read_text() == "precious"
    assert "said" in (tmp_path / "log").read_text()


def test_two_processes_do_not_overwrite_a_log(tmp_path):
    with logged_stage(tmp_path / "log"):
        logging.getLogger("noncoding").info("of the first")
        (tmp_path / "log").write_text("of the second\n")  # a new log
        logging.getLogger("noncoding").info("more")
    assert (tmp_path / "log").read_text().splitlines()[0] == "of the second"
    assert "\0" not in (tmp_path / "log").read_text()


def test_no_task_on_slurm_empties_the_log_of_another(tmp_path, monkeypatch):
    (tmp_path / "log").write_text("of an earlier attempt\n")
    begin_log(tmp_path / "log")
    monkeypatch.setenv(TASK, "1")
    for number in ("1", "0"):  # the second task is ready first
        monkeypatch.setenv("SLURM_PROCID", number)
        with logged_stage(tmp_path / "log"):
            logging.getLogger("noncoding").warning("task %s", number)
    lines = (tmp_path / "log").read_text().splitlines()
    assert [line.split(maxsplit=2)[2] for line in lines] == ["task 1", "task 0"]


def later(path, seconds):
    path.touch()
    time = path.stat().st_mtime + seconds
    os.utime(path, (time, time))
    return path


def test_an_input_from_the_future_stops_a_stage(tmp_path):
    store = later(tmp_path / "train.h5", 7200)
    with pytest.raises(SystemExit), logged_stage(tmp_path / "log", [tmp_path / "gone", store]):
        pytest.fail("the stage started")
    text = (tmp_path / "log").read_text()
    assert f"{store}: found a modification time 7,200 s ahead of the clock" in text
    assert f"`touch {store}`" in text


def test_a_clock_set_back_during_a_stage_is_reported(tmp_path):
    store = later(tmp_path / "train.h5", 0)
    with pytest.raises(SystemExit), logged_stage(tmp_path / "log", [store]):
        later(store, 7200)
    assert "ahead of the clock" in (tmp_path / "log").read_text()


def test_results_are_newer_than_inputs_from_a_clock_ahead(tmp_path):
    """Snakemake touches the results after the stage."""
    store = tmp_path / "train.h5"
    with logged_stage(tmp_path / "log", [store]):
        later(store, 0.3)
    (tmp_path / "result").touch()
    assert (tmp_path / "result").stat().st_mtime >= store.stat().st_mtime


def test_other_os_errors_keep_their_traceback(tmp_path):
    with pytest.raises(OSError, match="gone"), logged_stage(tmp_path / "log"):
        raise OSError(errno.EPIPE, "gone")
    assert "Traceback" in (tmp_path / "log").read_text()


def test_an_interrupted_stage_is_logged(tmp_path):
    with pytest.raises(SystemExit), logged_stage(tmp_path / "log"):
        raise KeyboardInterrupt
    assert "interrupted; run the same command again" in (tmp_path / "log").read_text()
    assert "Traceback" not in (tmp_path / "log").read_text()


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
def test_background_errors_are_reported_once(tmp_path, capsys, failure):
    with logged_stage(tmp_path / "log"):
        failure()
        failure()
    said = capsys.readouterr().err
    assert said.count("found a full disk") == 1
    assert "Traceback" not in said


STAGE = """
import noncoding.common.interrupts
import pathlib, signal, sys, time
assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
from noncoding.common.stage_logging import TASK, begin_log, logged_stage
with logged_stage("log"):
    pathlib.Path("begun").touch()
    time.sleep(100)
"""
PARENT = """
import signal, subprocess, sys
signal.signal(signal.SIGINT, getattr(signal, sys.argv[2]))
print(subprocess.Popen([sys.executable, "-c", sys.argv[1]]).pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("interrupts", ["default_int_handler", "SIG_IGN"])
def test_a_stage_ends_with_the_process_that_started_it(tmp_path, interrupts):
    root = str(Path(__file__).parents[2])
    command = [sys.executable, "-c", PARENT, STAGE, interrupts]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": root},
    ) as parent:
        stage = psutil.Process(int(parent.stdout.readline()))
        while not (tmp_path / "begun").exists():
            assert stage.is_running() and stage.status() != psutil.STATUS_ZOMBIE
            time.sleep(0.05)
        parent.kill()
    assert psutil.wait_procs([stage], timeout=60)[1] == []
    said = (tmp_path / "log").read_text()
    assert ("interrupted" in said) == (interrupts != "SIG_IGN")


def test_an_interrupt_during_imports_ends_a_script_without_a_traceback():
    script = "import noncoding.common.interrupts, time; print('here', flush=True); time.sleep(100)"
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == b""
    assert process.returncode == -signal.SIGINT
