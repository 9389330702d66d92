"""A toy run on a real SLURM of one node: separate jobs, failures, and tasks that share.

Runs with ``make test-slurm``, which installs what it needs: as root, on Debian.
"""

import copy
import os
import re
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file
from toy_inputs import SIMULATED
from toy_store import DEEPSEA, TRAINING
from workflows import ROOT, copy_pipeline, snakemake, tiny, written

NODE = Path(__file__).with_name("one_node.sh")
pytestmark = pytest.mark.skipif(
    "NONCODING_SLURM" not in os.environ, reason="a SLURM is brought up by `make test-slurm` alone"
)
QUICK = ["--seconds-between-status-checks", "2", "--slurm-init-seconds-before-status-checks", "2"]
FEW = SIMULATED | {"loci": {"train": 64, "valid": 16, "test": 16}}
MANY = SIMULATED | {"loci": {"train": 3000, "valid": 64, "test": 64}}
ON_CPUS = ["--max-threads", "2", "--latency-wait", "20", *QUICK]


@pytest.fixture(scope="module", autouse=True)
def cluster():
    subprocess.run([NODE, "up"], check=True)
    yield
    subprocess.run([NODE, "down"], check=True)


def of_slurm(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def jobs(comment):
    """All jobs of a rule that SLURM knows, as it describes them."""
    described = of_slurm("scontrol", "show", "job", "--all").split("\n\n")
    return [job for job in described if re.search(rf"Comment=\S*rule_{comment}", job)]


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


def kill_once(pattern, killed):
    """SIGKILL the first process whose command line matches, once it has begun its work."""
    until = time.monotonic() + 1800
    while time.monotonic() < until and not killed:
        command = ["pgrep", "-f", pattern]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        if found.stdout.split():
            time.sleep(0.3)
            subprocess.run(["pkill", "-KILL", "-f", pattern], check=False)
            killed.append(found.stdout)
        time.sleep(0.2)


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """A checkout with the stores of a small and a larger data set, and its configuration."""
    folder = copy_pipeline(tmp_path_factory.mktemp("stores"))
    config = tiny(few=FEW, many=MANY)
    status, said = snakemake(folder, "convert", config=config, pipeline=folder)
    assert status == 0, said[-5000:]
    return folder, config


@pytest.fixture
def checkout(stores, tmp_path):
    """A copy of the checkout with stores, so that SLURM gets the trainings alone."""
    folder, config = stores
    return Path(shutil.copytree(folder, tmp_path / "run")), copy.deepcopy(config)


def test_a_run_as_jobs_that_fail_and_are_sent_again(tmp_path):
    folder = copy_pipeline(tmp_path / "jobs")
    config = tiny(many=MANY)
    # Longer than the shortest time that SLURM can be asked for, a minute.
    config["train"] |= {"epochs": 30, "patience": 30}
    killed = []
    killer = threading.Thread(target=kill_once, args=(rf"{folder}/\S+evaluate\.py", killed))
    killer.start()
    # Too little memory for a first attempt, and too little time; one more is killed.
    status, said = on_slurm(
        folder,
        *("--configfile", str(written(config, folder)), "--retries", "6"),
        describe_dataset={"mem_mb": "40 * attempt ** 3"},
        # Without the signal ahead, so that SLURM itself ends it.
        train_model={"mem_mb": 4000, "runtime": "attempt", "slurm_extra": "''"},
        explain_model={"mem_mb": 4000},
    )
    killed.append("over")
    killer.join()
    assert status == 0, said[-5000:]
    assert (folder / "results" / "many" / "report.html").exists()
    trained = jobs("train_model")
    assert [state(job) for job in trained][-1] == "COMPLETED"
    assert "TIMEOUT" in {state(job) for job in trained}
    assert all(re.search(r"(TresPerJob|ReqTRES)=\S*gpu[:=]\S*1", job) for job in trained)
    assert all("Partition=gpu" in job for job in trained)
    for rule in ("describe_dataset", "evaluate_model"):
        ended = [state(job) for job in jobs(rule)]
        assert len(ended) > 1 and ended[-1] == "COMPLETED", (rule, ended)
        assert set(ended[:-1]) <= {"FAILED", "OUT_OF_MEMORY"}
    # Cut off by its time, the training has gone on from where it was.
    log = (folder / "results" / "many" / "toy" / "logs" / "train.log").read_text()
    assert "going on" in log
    for rule in ("simulate_bundle", "unpack_bundle", "convert_split", "predict_split"):
        assert jobs(rule), rule
    assert jobs("report_dataset")


def test_two_tasks_of_a_job_train_as_one_process_does(checkout):
    folder, config = checkout
    config["run"]["datasets"] = ["few"]
    config["train"] = TRAINING | {"epochs": 2}
    config["models"] = {
        "alone": DEEPSEA | {"train": {"batch_size": 16, "devices": 1}},
        "shared": DEEPSEA | {"train": {"batch_size": 8, "devices": 2}},
    }
    config["run"]["models"] = list(config["models"])
    path = written(config, folder)
    status, said = on_slurm(
        folder, "train", "--configfile", str(path), train_model={"mem_mb": 4000}
    )
    assert status == 0, said[-5000:]
    [shared] = [job for job in jobs("train_model") if "NumTasks=2" in job and str(folder) in job]
    assert "CPUs/Task=1" in shared
    assert re.search(r"(TresPerJob|ReqTRES)=\S*gpu[:=]\S*2", shared)
    said = Path(re.search(r"StdOut=(\S+)", shared)[1]).read_text()
    assert "Starting with 2 processes" in said
    weights = [
        load_file(folder / "results" / "few" / model / "model" / "model.safetensors")
        for model in config["models"]
    ]
    for name, weight in weights[0].items():
        torch.testing.assert_close(weights[1][name], weight, rtol=0, atol=1e-6)


@pytest.mark.parametrize("devices", [1, 2])
def test_a_preempted_training_goes_on_where_it_was(devices, checkout):
    folder, config = checkout
    config["run"]["datasets"] = ["many"]
    config["train"] |= {"epochs": 6, "checkpoint_minutes": 60, "devices": devices}
    path = written(config, folder)
    asked = []

    def ask():
        log = folder / "results" / "many" / "toy" / "logs" / "train.log"
        while not asked and not (log.exists() and "epoch 1 of" in log.read_text()):
            time.sleep(0.5)
        running = [job for job in jobs("train_model") if state(job) == "RUNNING"]
        if running and not asked:
            number = re.search(r"JobId=(\d+)", running[0])[1]
            of_slurm("scancel", "--signal", "USR1", number)
            asked.append(number)

    asker = threading.Thread(target=ask)
    asker.start()
    arguments = ["train", "--configfile", str(path)]
    status, said = on_slurm(folder, *arguments, train_model={"mem_mb": 4000})
    asked.append("over")
    asker.join()
    assert status == 0, said[-5000:]
    assert len(asked) == 2
    assert [state(job) for job in jobs("train_model")][-2:] == ["FAILED", "COMPLETED"]
    log = (folder / "results" / "many" / "toy" / "logs" / "train.log").read_text()
    assert "going on" in log
    assert "epoch 1 of" not in log


def test_nothing_is_left_in_the_queue():
    assert of_slurm("squeue", "-h").strip() == ""
