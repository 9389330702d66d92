"""A toy run on a real SLURM of one node: separate jobs, failures, and tasks that share.

Runs with ``make test-slurm``, which installs what it needs: as root, on Debian.
"""

import os
import re
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file
from toy_bundle import write_toy_bundle
from toy_inputs import bundle_of
from toy_store import DEEPSEA, TRAINING
from workflows import ROOT, copy_pipeline, snakemake, tiny, written

NODE = Path(__file__).with_name("one_node.sh")
pytestmark = pytest.mark.skipif(
    "NONCODING_SLURM" not in os.environ, reason="a SLURM is brought up by `make test-slurm` alone"
)
QUICK = ["--seconds-between-status-checks", "1", "--slurm-init-seconds-before-status-checks", "1"]
ON_CPUS = ["--max-threads", "1", "--latency-wait", "20", *QUICK]


@pytest.fixture(scope="module", autouse=True)
def cluster():
    subprocess.run([NODE, "up"], check=True)
    yield
    subprocess.run([NODE, "down"], check=True)


def of_slurm(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def jobs(rule, folder):
    """The jobs of a rule in a checkout, the first one first, as SLURM describes them."""
    described = of_slurm("scontrol", "show", "job", "--all").split("\n\n")
    of_rule = [job for job in described if re.search(rf"Comment=\S*rule_{rule}", job)]
    return [job for job in of_rule if f"{folder}/" in job]


def state(job):
    return re.search(r"JobState=(\w+)", job)[1]


def on_slurm(folder, *arguments, **resources):
    """Run with the shipped profile, with other resources of some rules laid over its own."""
    profile = yaml.safe_load((ROOT / "profiles" / "slurm" / "config.yaml").read_text())
    for rule, own in resources.items():
        profile["set-resources"].setdefault(rule, {}).update(own)
    (folder / "profile").mkdir(exist_ok=True)
    (folder / "profile" / "config.yaml").write_text(yaml.safe_dump(profile))
    command = ["--workflow-profile", str(folder / "profile"), *ON_CPUS, *arguments]
    return snakemake(folder, *command, pipeline=folder, cores=False)


@contextmanager
def meanwhile(function, *arguments):
    """Call a function in a thread while the body runs, with an event that is set at its end."""
    over = threading.Event()
    thread = threading.Thread(target=function, args=(*arguments, over))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def kill_once(pattern, over):
    """SIGKILL the first process whose command line matches, once it has begun its work."""
    while not over.wait(0.2):
        found = subprocess.run(["pgrep", "-f", pattern], capture_output=True, check=False)
        if found.stdout.split():
            time.sleep(0.3)
            subprocess.run(["pkill", "-KILL", "-f", pattern], check=False)
            return


def disturb(folder, model, commands, over):
    """Once trainings have come through their first epoch: a command for each, with its job."""
    log = folder / "results" / "toy" / model / "logs" / "train.log"
    for command in commands:
        while not (log.exists() and " epoch " in log.read_text()):
            if over.wait(0.1):
                return
        [job] = [
            job
            for job in jobs("train_model", folder)
            if state(job) == "RUNNING" and re.search(rf"Comment=\S*_{model}\b", job)
        ]
        log.unlink()  # the next training begins its own
        number = re.search(r"JobId=(\d+)", job)[1]
        of_slurm(*(part.format(job=number) for part in command))


PREEMPTED = ("scancel", "--signal", "USR1", "{job}")
OUT_OF_TIME = ("scontrol", "update", "JobId={job}", "EndTime=now")


@pytest.fixture
def checkout(tmp_path):
    """A checkout and the configuration of a toy bundle in it."""
    folder = copy_pipeline(tmp_path / "run")
    write_toy_bundle(folder / "toy.tar.gz")
    return folder, tiny(toy=bundle_of(str(folder / "toy.tar.gz"), folder / "targets.tsv"))


def test_failed_jobs_are_resubmitted(checkout):
    folder, config = checkout
    config["train"] |= {"epochs": 200, "patience": 200, "checkpoint_minutes": 60}
    path = written(config, folder)
    # Too little memory for a first attempt; one is killed; a training is asked to make way, and
    # its next attempt is ended by SLURM, which looks for what is out of time twice a minute.
    with (
        meanwhile(kill_once, rf"{folder}/\S+evaluate\.py"),
        meanwhile(disturb, folder, "toy", [PREEMPTED, OUT_OF_TIME]),
    ):
        status, said = on_slurm(
            folder,
            *("--configfile", str(path), "--retries", "6"),
            describe_dataset={"mem_mb": "40 * attempt ** 4"},
            # Without the signal ahead, so that SLURM itself ends it.
            train_model={"mem_mb": 4000, "slurm_extra": "''"},
            explain_model={"mem_mb": 4000},
        )
    assert status == 0, said[-5000:]
    assert (folder / "results" / "toy" / "report.html").exists()
    trained = jobs("train_model", folder)
    assert [state(job) for job in trained] == ["FAILED", "TIMEOUT", "COMPLETED"]
    assert all(re.search(r"(TresPerJob|ReqTRES)=\S*gpu[:=]\S*1", job) for job in trained)
    assert all("Partition=gpu" in job for job in trained)
    for rule in ("describe_dataset", "evaluate_model"):
        ended = [state(job) for job in jobs(rule, folder)]
        assert len(ended) > 1 and ended[-1] == "COMPLETED", (rule, ended)
        assert set(ended[:-1]) <= {"FAILED", "OUT_OF_MEMORY"}
    # Cut off, the training has gone on from where it was.
    log = (folder / "results" / "toy" / "toy" / "logs" / "train.log").read_text()
    assert "resuming from" in log
    assert "epoch 1 of" not in log
    for rule in ("fetch_file", "unpack_bundle", "convert_split", "predict_split"):
        assert jobs(rule, folder), rule
    assert jobs("report_dataset", folder)


def test_two_tasks_give_the_same_weights_as_one_process(checkout):
    folder, config = checkout
    config["train"] = TRAINING | {"epochs": 40, "patience": 40, "learning_rate": 1e-3}
    # The parts of a batch are rounded differently.
    config["train"] |= {"precision": "32-true"}
    config["models"] = {
        "alone": DEEPSEA | {"train": {"batch_size": 16, "devices": 1}},
        "shared": DEEPSEA | {"train": {"batch_size": 8, "devices": 2}},
    }
    config["run"]["models"] = list(config["models"])
    arguments = ["train", "--configfile", str(written(config, folder))]
    # SLURM gets the trainings alone.
    status, said = snakemake(folder, "convert", config=config, pipeline=folder)
    assert status == 0, said[-5000:]
    with meanwhile(disturb, folder, "shared", [PREEMPTED]):
        status, said = on_slurm(folder, *arguments, train_model={"mem_mb": 4000})
    assert status == 0, said[-5000:]
    shared = [job for job in jobs("train_model", folder) if "NumTasks=2" in job]
    assert [state(job) for job in shared] == ["FAILED", "COMPLETED"]
    for job in shared:
        assert "CPUs/Task=1" in job
        assert re.search(r"(TresPerJob|ReqTRES)=\S*gpu[:=]\S*2", job)
    log = (folder / "results" / "toy" / "shared" / "logs" / "train.log").read_text()
    assert {"MEMBER: 1/2", "MEMBER: 2/2"} <= set(re.findall(r"MEMBER: \d/\d", log))
    assert "resuming from" in log
    assert "epoch 1 of" not in log
    weights = [
        load_file(folder / "results" / "toy" / model / "model" / "model.safetensors")
        for model in config["models"]
    ]
    for name, weight in weights[0].items():
        torch.testing.assert_close(weights[1][name], weight, rtol=0, atol=1e-5)


def test_the_queue_is_empty_at_the_end():
    assert of_slurm("squeue", "-h").strip() == ""
