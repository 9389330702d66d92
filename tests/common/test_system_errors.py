import errno
import subprocess
import sys
from pathlib import Path

import pytest

from noncoding.common.files import atomic_write
from noncoding.common.stage_logging import logged_stage
from noncoding.common.system_errors import as_input_error


@pytest.mark.parametrize(
    ("number", "fragment"),
    [
        (errno.ENOSPC, "a full disk"),
        (errno.EDQUOT, "an exceeded quota"),
        (errno.EROFS, "a read-only file system"),
        (errno.EACCES, "no permission"),
        (errno.ENOENT, "no such file"),
        (errno.EISDIR, "a folder"),
        (errno.EIO, "an error of the disk or network"),
    ],
)
def test_disk_errors_name_the_file(number, fragment):
    error = OSError(number, "any text", "results/.temporary-a1_b2c3d-maps.h5")
    message = str(as_input_error(error))
    assert f"results/maps.h5: found {fragment}" in message
    assert "run the same command again" in message


def test_other_errors_are_not_explained():
    assert as_input_error(OSError(errno.EPIPE, "broken")) is None
    assert as_input_error(ValueError("negative")) is None


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MemoryError("Unable to allocate 8 GiB"), "too little (Unable to allocate 8 GiB)"),
        (RuntimeError("Can't close (file name = 'a.h5', errno = 28)"), "a.h5: found a full disk"),
        (ValueError("I/O error: No space left on device (os error 28)"), "a full disk"),
    ],
)
def test_errors_of_libraries_are_recognised(error, message):
    assert message in str(as_input_error(error))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a/events", "a/events"),
        (b"a/events", "a/events"),
        ("a/.temporary-x1y2-figure.png", "a/figure.png"),
        ("a/.temporary-x1y2-figure.png.lock", "a/figure.png"),
        ("a/flake.lock", "a/flake.lock"),
        ("a/.lock-scores.tsv.unfinished", "a/scores.tsv"),
    ],
)
def test_a_temporary_file_is_reported_by_its_final_name(name, shown):
    message = as_input_error(OSError(errno.ENOSPC, "No space left on device", name))
    assert str(message).startswith(f"{shown}: found a full disk")


def test_a_full_device_is_reported(tmp_path):
    with (
        pytest.raises(SystemExit),
        logged_stage(tmp_path / "log"),
        atomic_write(tmp_path / "table.tsv") as [partial],
        Path("/dev/full").open("w", encoding="utf-8") as file,
    ):
        partial.touch()
        file.write("something")
    assert f"{tmp_path / 'table.tsv'}: found a full disk" in (tmp_path / "log").read_text()


def test_disk_errors_of_hdf5_leave_no_file(tmp_path):
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
    assert "a file of the maximum size allowed" in (tmp_path / "log").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["log"]
