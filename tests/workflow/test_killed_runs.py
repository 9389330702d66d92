"""A run that is killed in each stage, and taken up again as the documents say."""

import signal
import subprocess
import sys
import time

import h5py
import numpy as np
import pandas as pd
import psutil
from safetensors.numpy import load_file
from toy_bundle import write_toy_bundle
from toy_inputs import SIMULATED, bundle_of, write_genome
from workflows import ROOT, snakemake, tiny, written

OF_A_BUNDLE = {
    "fetch_file": "toy/logs/fetch/toy.tar.gz.log",
    "unpack": "toy/logs/unpack.log",
    "convert_split": "toy/logs/convert/train.log",
    "describe_dataset": "toy/logs/describe.log",
    "train_model": "toy/toy/logs/train.log",
    "baseline_dataset": "toy/logs/baseline.log",
    "predict_split": "toy/toy/logs/predict.log",
    "evaluate_model": "toy/toy/logs/evaluate.log",
    "compare_dataset": "toy/logs/compare.log",
    "explain_model": "toy/toy/logs/explain.log",
    "discover_motifs": "toy/toy/logs/discover.log",
    "report_dataset": "toy/logs/report.log",
}
"""Rule of each stage → a log that appears when its work begins."""
OF_OTHER_SOURCES = {
    "simulate": "sim/logs/simulate.log",
    "build_splits": "own/logs/build.log",
    "sweep_all": "sweep/logs/sweep.log",
}
"""Stages that a bundle alone does not have."""
WAYS = [
    ("driver", signal.SIGKILL),
    ("job", signal.SIGKILL),
    ("driver", signal.SIGINT),
    ("job", signal.SIGTERM),
    ("driver", signal.SIGTERM),
    ("job", signal.SIGINT),
]
NOT_COMPARED = {"logs", "raw", "tensorboard"}
"""Folders of a run whose files tell when and where it ran, or need not be kept."""
ONE_CORE = ("--cores", "1")


def start(folder, path, *arguments):
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
    command += ["--directory", str(folder), *ONE_CORE, "--configfile", str(path), *arguments]
    with (folder / "said.txt").open("a") as said:
        return subprocess.Popen(command, cwd=folder, stdout=said, stderr=said)


def job_of(driver):
    """The process that runs a stage's script; None if it has just ended."""
    for process in psutil.Process(driver.pid).children(recursive=True):
        try:
            if ".snakemake/scripts/" in " ".join(process.cmdline()):
                return process
        except psutil.NoSuchProcess:
            continue
    return None


def kill_in(rule, log, who, number, folder, path):
    """Run until the stage begins, kill, and wait until nothing runs any more."""
    before = log.stat().st_mtime_ns if log.exists() else 0
    driver = start(folder, path, "--until", rule)
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


def killed_in_each(logs, config, target, tmp_path):
    """Run once without, and once with a kill in each stage; gives the names compared."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
    # One core for all: sums over other numbers of threads round otherwise.
    status, said = snakemake(whole, *ONE_CORE, target, config=config, cores=False)
    assert status == 0, said[-3000:]
    path = written(config, killed)
    for number, (rule, log) in enumerate(logs.items()):
        who, signal_number = WAYS[number % len(WAYS)]
        status = kill_in(rule, killed / "results" / log, who, signal_number, killed, path)
        assert status != 0 or signal_number == signal.SIGTERM, rule
        if any((killed / ".snakemake" / "locks").glob("*.lock")):
            # Its lock is left, and the next run says whose it was and what to do.
            status, said = snakemake(killed, "--configfile", str(path))
            assert status != 0
            assert "That process is gone" in said and "snakemake --unlock" in said
            status, said = snakemake(killed, "--unlock", "--configfile", str(path))
            assert status == 0, said
    status, said = snakemake(killed, *ONE_CORE, target, "--configfile", str(path), cores=False)
    assert status == 0, said[-3000:]
    return same_results(whole / "results", killed / "results")


def test_killed_once_in_each_stage_a_run_ends_as_one_that_was_not(tmp_path):
    write_toy_bundle(tmp_path / "toy.tar.gz")
    archive = (tmp_path / "toy.tar.gz").as_uri()
    config = tiny(toy=bundle_of(archive, tmp_path / "targets.tsv"))
    compared = killed_in_each(OF_A_BUNDLE, config, "all", tmp_path)
    assert {"train.h5", "model.safetensors", "predictions.h5", "ranking.tsv"} <= compared
    assert {"faithfulness.tsv", "maps.h5", "patterns.tsv"} <= compared
    assert (tmp_path / "killed" / "results" / "toy" / "report.html").exists()


def test_killed_in_the_stages_of_other_sources_a_run_ends_as_one_that_was_not(tmp_path):
    own = write_genome(tmp_path)
    own["fasta"] = {"url": (tmp_path / "genome.fa").as_uri(), "sha256": None}
    own["peaks"] |= {"folder": str(tmp_path / "peaks")}
    config = tiny(own=own, sim=SIMULATED)
    config["run"]["seeds"] = [1, 2]
    compared = killed_in_each(OF_OTHER_SOURCES, config, "sweep", tmp_path)
    assert {"truth.tsv", "train.h5", "model.safetensors", "runs.tsv"} <= compared
    runs = pd.read_csv(tmp_path / "killed" / "results" / "sweep" / "runs.tsv", sep="\t")
    assert list(runs["dataset"]) == ["own", "own", "sim", "sim"]
    assert list(runs["seed"]) == [1, 2, 1, 2]


def test_a_second_run_in_a_folder_is_told_who_holds_it(bundle, tmp_path):
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
