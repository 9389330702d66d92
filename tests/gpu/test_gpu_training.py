"""Trainings on a GPU: what they give is what the CPU gives, and they resume."""

import json
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import running
from gpu import ARCHITECTURES, DEVICE, HYBRID, TRAINING
from running import Made
from safetensors.torch import load_file
from toy_store import TRAINING as DEFAULTS

from noncoding.training.checkpoints import load_checkpoint
from noncoding.training.lightning_module import TrainingModule

pytestmark = pytest.mark.gpu

LOSS_FP32 = 1e-4
"""Relative tolerance of losses in fp32: sums in another order, over 16 steps."""
LOSS_BF16 = 0.03
"""The same in bf16, whose mantissa has 7 bits."""
WEIGHTS_FP32 = 0.05
"""Tolerance of weights, as a share of the learning rate, which is about AdamW's largest step."""


def losses(made):
    """Losses of training and validation, by epoch."""
    metrics = pd.read_csv(made.metrics)
    columns = ["train_loss_epoch", "valid_loss"]
    return metrics.groupby("epoch")[columns].first().to_numpy()


def trained_weights(made):
    """Weights after the last step, which are not averaged."""
    return load_checkpoint(made.last)["current_model_state"]


def run(folder, stores, sizes, **settings):
    return running.run(
        folder, stores, sizes, TRAINING | {"compile": "off"} | settings, rows="device"
    )


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_training_in_fp32_ends_as_on_the_cpu(
    architecture, stores, reference, tmp_path, full_precision
):
    made = run(tmp_path, stores, ARCHITECTURES[architecture], precision="32-true")
    expected = Made(reference / architecture)
    np.testing.assert_allclose(losses(made), losses(expected), rtol=LOSS_FP32)
    given = trained_weights(made)
    for name, weight in trained_weights(expected).items():
        difference = (given[name] - weight).double().square().mean().sqrt().item()
        assert difference <= WEIGHTS_FP32 * DEFAULTS["learning_rate"], name


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_training_as_configured_is_close_to_that_of_the_cpu(
    architecture, precision, stores, reference, tmp_path
):
    """With TensorFloat-32 and the fastest algorithms."""
    made = run(tmp_path, stores, ARCHITECTURES[architecture], precision=precision)
    expected = losses(Made(reference / architecture))
    np.testing.assert_allclose(losses(made), expected, rtol=LOSS_BF16)


def test_rows_are_on_the_device_before_batches_are_taken(stores, tmp_path, monkeypatch):
    seen = set()

    def on_before_batch_transfer(self, batch, dataloader_idx):
        if self.trainer.training:
            seen.update((self.device.type, batch.sequence.device.type, batch.label.device.type))
        return batch

    monkeypatch.setattr(TrainingModule, "on_before_batch_transfer", on_before_batch_transfer)
    run(tmp_path, stores, HYBRID, epochs=1)
    assert seen == {DEVICE.type}


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_a_training_that_is_killed_resumes_with_the_same_weights(precision, stores, tmp_path):
    """Exactly, with deterministic algorithms; in the middle of an epoch, and with dropout."""
    sizes = HYBRID | {part: HYBRID[part] | {"dropout": 0.3} for part in ("resnet", "head")}
    settings = {"deterministic": "on", "precision": precision}
    whole = run(tmp_path / "whole", stores, sizes, **settings)

    folder = tmp_path / "killed"
    folder.mkdir()
    arguments = {
        "stores": {split: str(path) for split, path in stores.items()},
        "sizes": sizes,
        "training": TRAINING | {"compile": "off"} | settings,
        "killed_at": [1, 5],
        "every": 3,
        "rows": "device",
    }
    (folder / "settings.json").write_text(json.dumps(arguments))
    command = [sys.executable, running.__file__, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    # After eight steps of the first epoch and three of the second.
    assert load_checkpoint(Made(folder).unfinished / "last.ckpt")["global_step"] > 8
    resumed = run(folder, stores, sizes, **settings)
    expected = load_file(whole.model / "model.safetensors")
    given = load_file(resumed.model / "model.safetensors")
    differences = {n: (given[n] - w).abs().max().item() for n, w in expected.items()}
    assert {n: d for n, d in differences.items() if d} == {}
    np.testing.assert_array_equal(losses(resumed), losses(whole))
