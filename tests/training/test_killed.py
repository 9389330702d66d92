"""A training that is killed, and a distributed one, end with the same weights as any other."""

import json
import signal
import subprocess
import sys
from functools import partial

import pandas as pd
import pytest
import running
import torch
import warm
from running import run
from safetensors.torch import load_file
from toy_store import DEEPSEA, toy_sizes, write_toy_stores

from noncoding.training.checkpoints import load_checkpoint

TRAINING = {"epochs": 3, "shift": 2, "reverse_complement": True, "mutation_rate": 0.1}


def random_everywhere():
    """A network with dropout in each part."""
    sizes = toy_sizes()
    for part in ("resnet", "sequence", "head"):
        sizes[part]["dropout"] = 0.3
    return sizes


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    return write_toy_stores(tmp_path_factory.mktemp("stores"))


@pytest.fixture(scope="module")
def whole(stores, tmp_path_factory):
    """An uninterrupted training."""
    return run(tmp_path_factory.mktemp("whole"), stores, random_everywhere(), TRAINING)


# With eight batches per epoch and a checkpoint after every third: soon after a checkpoint, before
# the next one, and in another epoch before its first one.
@pytest.mark.parametrize("killed_at", [[0, 3], [1, 7], [2, 1]])
def test_a_killed_training_resumes_with_the_same_weights(killed_at, stores, whole, tmp_path):
    folder, sizes = tmp_path / "killed", random_everywhere()
    killed = partial(run, killed_at=killed_at, every=3)
    status, said = warm.run(killed, folder, stores, sizes, TRAINING)
    assert status == -signal.SIGKILL, said
    steps = load_checkpoint(folder / "training" / "unfinished" / "last.ckpt")["global_step"]
    assert 0 < steps <= 8 * killed_at[0] + killed_at[1]
    resumed = run(folder, stores, sizes, TRAINING)
    expected = load_file(whole.model / "model.safetensors")
    given = load_file(resumed.model / "model.safetensors")
    assert all(torch.equal(given[name], expected[name]) for name in expected)
    # The log has one validation per epoch, with the same metrics.
    figures = [
        pd.read_csv(made.metrics).dropna(subset="valid_auprc")[["epoch", "step", "valid_auprc"]]
        for made in (whole, resumed)
    ]
    pd.testing.assert_frame_equal(*(table.reset_index(drop=True) for table in figures))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
@pytest.mark.parametrize(("signalled_at", "kept"), [([1, 4], 13), ([1, 7], 16)])
def test_after_a_signal_the_state_is_saved_and_training_resumes_from_it(
    number, signalled_at, kept, stores, whole, tmp_path
):
    folder, sizes = tmp_path / "signalled", random_everywhere()
    signalled = partial(run, killed_at=signalled_at, number=number)
    status, said = warm.run(signalled, folder, stores, sizes, TRAINING)
    assert status == 1
    assert f"the signal {number.name}, a request to stop" in said
    assert "run the same command again" in said
    # The current step is completed; after the last one of an epoch, so is the validation.
    assert load_checkpoint(folder / "training" / "unfinished" / "last.ckpt")["global_step"] == kept
    resumed = run(folder, stores, sizes, TRAINING)
    expected = load_file(whole.model / "model.safetensors")
    given = load_file(resumed.model / "model.safetensors")
    assert all(torch.equal(given[name], expected[name]) for name in expected)


def test_two_processes_train_as_one_does(stores, tmp_path):
    # In single precision, since the parts of a batch are rounded differently.
    training = TRAINING | {"epochs": 2, "precision": "32-true"}
    one = run(tmp_path / "one", stores, DEEPSEA, training | {"batch_size": 16})
    folder = tmp_path / "two"
    folder.mkdir()
    shared = training | {"batch_size": 8, "devices": 2}
    names = {split: str(path) for split, path in stores.items()}
    settings = {"stores": names, "sizes": DEEPSEA, "training": shared}
    (folder / "settings.json").write_text(json.dumps(settings))
    # The second process is started with the command line of the first.
    command = [sys.executable, running.__file__, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    expected = load_file(one.model / "model.safetensors")
    given = load_file(folder / "model" / "model.safetensors")
    for name, weight in expected.items():
        torch.testing.assert_close(given[name], weight, rtol=1e-4, atol=1e-5)
    columns = ["valid_auprc", "valid_auroc", "valid_loss"]
    figures = [
        pd.read_csv(path).dropna(subset="valid_auprc")[columns].reset_index(drop=True)
        for path in (one.metrics, folder / "training" / "metrics.csv")
    ]
    pd.testing.assert_frame_equal(*figures, rtol=1e-3)
