"""Runs that are killed: nothing half-written stays, and the next run ends as if none had been.

Every stage gives its results their final names by renaming them. Four representative stages are
killed while they run; what a crash between any two file operations leaves of a file is tested in
`tests/test_files.py`.
"""

import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import psutil
import pytest
from safetensors.numpy import load_file
from workflows import ON_TWO_CORES, ROOT, snakemake, tiny, written

from noncoding.common.files import TEMPORARY

KILLED = {
    "train": (
        "own/toy/training/metrics.csv",
        "own/toy/logs/train.log",
        [("job", signal.SIGKILL), ("job", signal.SIGINT)],
    ),
    "explain": (
        "own/toy/explain/summary.json",
        "own/toy/logs/explain.log",
        [("driver", signal.SIGKILL), ("driver", signal.SIGTERM)],
    ),
    "tile": ("own/data/valid.h5", "own/logs/tile.log", [("driver", signal.SIGINT)]),
    "convert": ("toy/data/train.h5", "toy/logs/convert/train.log", [("job", signal.SIGTERM)]),
}
"""Stage → a result that is deleted so that the stage runs, a log that appears when its work
begins, and what is killed, in which way, one after the other."""
NOT_COMPARED = {"logs", "raw", "tensorboard"}
"""Folders of a run whose files tell when and where it ran, or need not be kept."""


def start(folder, path, *arguments, pipeline=ROOT):
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(pipeline / "Snakefile")]
    command += ["--directory", str(folder), "--configfile", str(path), *ON_TWO_CORES, *arguments]
    with (folder / "said.txt").open("a") as said:
        # A shell starts background processes with SIGINT ignored, which children inherit.
        return subprocess.Popen(
            command, cwd=folder, stdout=said, stderr=said, preexec_fn=heed_interrupts
        )


def heed_interrupts():
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def job_of(driver):
    """The process that runs a stage's script; None if it has just ended."""
    for process in psutil.Process(driver.pid).children(recursive=True):
        try:
            if ".snakemake/scripts/" in " ".join(process.cmdline()):
                return process
        except psutil.NoSuchProcess:
            continue
    return None


def kill_in(stage, log, who, number, folder, path):
    """Run until the stage begins, kill, and wait until nothing runs any more."""
    before = log.stat().st_mtime_ns if log.exists() else 0
    driver = start(folder, path, stage, pipeline=folder)
    until = time.monotonic() + 300
    while not (log.exists() and log.stat().st_mtime_ns > before):
        assert driver.poll() is None, (folder / "said.txt").read_text()[-3000:]
        assert time.monotonic() < until
        time.sleep(0.02)
    job = job_of(driver)
    try:
        (driver if who == "driver" else job or driver).send_signal(number)
    except psutil.NoSuchProcess:
        driver.send_signal(number)
    status = driver.wait(timeout=300)
    if job is not None:  # what its driver has left behind is waited for, as the documents say
        psutil.wait_procs([job], timeout=300)
    return status


def same_results(expected, found):
    """Compare what two runs gave, file by file; gives the names of those compared."""
    compared = set()
    for path in sorted(path for path in expected.rglob("*") if path.is_file()):
        name = path.relative_to(expected)
        other = found / name
        if NOT_COMPARED.intersection(name.parts):
            continue
        if path.suffix == ".tsv":
            wanted, given = (pd.read_csv(one, sep="\t") for one in (path, other))
            pd.testing.assert_frame_equal(given, wanted, obj=str(name))
        elif path.suffix == ".h5":
            same_arrays(path, other)
        elif path.suffix == ".safetensors":
            wanted, given = load_file(path), load_file(other)
            for key, values in wanted.items():
                np.testing.assert_array_equal(given[key], values, err_msg=f"{name} {key}")
        else:
            assert other.exists(), name
        compared.add(path.name)
    return compared


def same_arrays(path, other):
    def compare(name, item):
        if isinstance(item, h5py.Dataset):
            np.testing.assert_array_equal(given[name][()], item[()], err_msg=f"{path} {name}")

    with h5py.File(path) as wanted, h5py.File(other) as given:
        wanted.visititems(compare)


@pytest.mark.parametrize("stage", KILLED)
def test_a_killed_and_rerun_stage_gives_the_same_results(stage, finished, tmp_path):
    folder = finished.copied(tmp_path / "run")
    path = written(finished.config, folder)
    result, log, kills = KILLED[stage]
    (folder / "results" / result).unlink()
    for who, number in kills:
        status = kill_in(stage, folder / "results" / log, who, number, folder, path)
        assert status != 0 or number == signal.SIGTERM
        said = (folder / "said.txt").read_text()
        locks = [*(folder / ".snakemake" / "locks").glob("*.lock")]
        assert bool(locks) == ((who, number) == ("driver", signal.SIGKILL))
        if (who, number) == ("driver", signal.SIGINT):
            assert "Completed stages are kept; run the same command again" in said
            assert "Traceback" not in said
    assert said.count("Its lock was removed") == kills.count(("driver", signal.SIGKILL))
    status, said = snakemake(folder, stage, config=finished.config, pipeline=folder)
    assert status == 0, said[-3000:]
    compared = same_results(finished.folder / "results", folder / "results")
    assert {"train.h5", "model.safetensors", "predictions.h5", "maps.h5"} <= compared


def test_every_result_is_renamed_when_complete(finished):
    """Results are renamed to their final names, alone or with the folder that they are in."""
    renamed = {}
    for line in finished.renames.read_text().splitlines():
        before, after = map(Path, line.split("\t"))
        renamed[after] = before
    results = finished.folder / "results"
    found = [path for path in results.rglob("*") if path.is_file()]
    found = [path for path in found if not NOT_COMPARED.intersection(path.parts)]
    assert {path.relative_to(results).parts[0] for path in found} == {"toy", "own", "sim", "sweep"}
    at_once = {
        path: next((one for one in (path, *path.parents) if one in renamed), None) for path in found
    }
    assert [path for path, moved in at_once.items() if moved is None] == []
    for moved in set(at_once.values()):
        assert renamed[moved].name.startswith(TEMPORARY), moved


def test_a_second_run_in_a_folder_names_the_lock_holder(bundle, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    path = written(tiny(toy=bundle), folder)
    driver = start(folder, path)
    try:
        while not (folder / ".snakemake" / "holder.json").exists():
            time.sleep(0.1)
        status, said = snakemake(folder, "--configfile", str(path))
        assert status != 0
        assert f"process {driver.pid}" in said
        assert "It is still running: wait for it" in said
    finally:
        driver.send_signal(signal.SIGINT)
        driver.wait(timeout=300)
    assert not (folder / ".snakemake" / "holder.json").exists()
