import errno
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from noncoding.errors import InputError
from noncoding.stage import logged_stage


def test_bad_input_ends_in_one_clear_line(tmp_path, capsys):
    with pytest.raises(SystemExit) as ended, logged_stage(tmp_path / "log"):
        raise InputError("file.bed, line 3", "2 columns", "at least 3", "Correct the line.")
    assert ended.value.code == 1
    message = "file.bed, line 3: found 2 columns; expected at least 3. Correct the line."
    assert message in (tmp_path / "log").read_text()
    assert message in capsys.readouterr().err
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_what_is_unexpected_keeps_its_traceback(tmp_path):
    with pytest.raises(ZeroDivisionError), logged_stage(tmp_path / "log"):
        logging.getLogger("noncoding.somewhere").info("before")
        _ = 1 / 0
    text = (tmp_path / "log").read_text()
    assert "INFO before" in text
    assert "ZeroDivisionError" in text


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOSPC, "a full disk"),
        (errno.EDQUOT, "a used-up quota"),
        (errno.EROFS, "a read-only file system"),
        (errno.EACCES, "no permission"),
    ],
)
def test_a_disk_that_takes_nothing_is_told_with_the_file(tmp_path, number, told):
    with pytest.raises(SystemExit), logged_stage(tmp_path / "log"):
        raise OSError(number, "as the system says it", "results/maps.h5")
    text = (tmp_path / "log").read_text()
    assert f"results/maps.h5: found {told}" in text
    assert "run the same command again" in text
    assert "Traceback" not in text


def test_a_really_full_device_is_told(tmp_path):
    with (
        pytest.raises(SystemExit),
        logged_stage(tmp_path / "log"),
        Path("/dev/full").open("w") as file,
    ):
        file.write("something")
    assert "a full disk" in (tmp_path / "log").read_text()


def test_what_hdf5_says_of_a_disk_is_understood_and_nothing_half_written_stays(tmp_path):
    script = f"""
import resource, signal
import h5py, numpy as np
from noncoding.files import written_whole
from noncoding.stage import logged_stage
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
with logged_stage({str(tmp_path / "log")!r}):
    with written_whole({str(tmp_path / "store.h5")!r}) as [part], h5py.File(part, "w") as file:
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
