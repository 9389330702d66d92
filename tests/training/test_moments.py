"""Trainings that are killed within a validation, a checkpoint or the export."""

import signal
from functools import partial

import pandas as pd
import pytest
import torch
import warm
from dying import dies
from running import run
from safetensors.torch import load_file
from toy_store import toy_sizes, write_toy_stores

# 8 batches and 4 steps an epoch, and 125 rows, so that batches differ by a row.
TRAINING = {
    "epochs": 3,
    "accumulate": 2,
    "shift": 2,
    "reverse_complement": True,
    "mutation_rate": 0.1,
}


def sizes():
    made = toy_sizes()
    made["resnet"]["dropout"] = made["head"]["dropout"] = 0.3
    return made


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    return write_toy_stores(tmp_path_factory.mktemp("stores"), train=125, valid=40)


@pytest.fixture(scope="module")
def whole(stores, tmp_path_factory):
    return run(tmp_path_factory.mktemp("whole"), stores, sizes(), TRAINING)


def killed(folder, stores, moment, **training):
    # A checkpoint after each step.
    with_checkpoints = partial(dies, every=1)
    arguments = (folder, stores, sizes(), TRAINING | training)
    status, said = warm.run(with_checkpoints, *moment, *arguments)
    assert status == -signal.SIGKILL, said


def weights(made):
    return load_file(made.model / "model.safetensors")


@pytest.mark.parametrize(
    "moment",
    [
        ["while_validating", 1],
        ["after_the_checkpoint_of_an_epoch", 1],
        ["while_saving", 2],
        ["while_saving", 4],
        ["while_saving", 5],
        ["while_exporting", 0],
    ],
    ids=lambda moment: "-".join(map(str, moment)),
)
def test_a_training_that_is_killed_at_any_moment_resumes_with_the_same_weights(
    stores, whole, tmp_path, moment
):
    killed(tmp_path / "run", stores, moment)
    made = run(tmp_path / "run", stores, sizes(), TRAINING)
    expected, given = weights(whole), weights(made)
    assert all(torch.equal(given[name], expected[name]) for name in expected)
    tables = [pd.read_csv(run.metrics) for run in (whole, made)]
    for kind in ("train_loss_epoch", "valid_loss", "valid_auprc"):
        once, joined = (
            table[["epoch", "step", kind]].dropna().reset_index(drop=True) for table in tables
        )
        pd.testing.assert_frame_equal(joined, once, check_exact=False, rtol=1e-6, obj=kind)


def test_a_training_that_had_stopped_early_does_not_continue(stores, tmp_path):
    still = {"epochs": 9, "patience": 1, "learning_rate": 1e-12}
    made = run(tmp_path / "whole", stores, sizes(), TRAINING | still)
    killed(tmp_path / "killed", stores, ["while_exporting", 0], **still)
    resumed = run(tmp_path / "killed", stores, sizes(), TRAINING | still)
    epochs = [pd.read_csv(each.metrics)["epoch"].max() for each in (made, resumed)]
    assert epochs[0] == epochs[1] < 8
