"""Trainings on a GPU: what they give is what the CPU gives, and they resume."""

import json
import signal
import subprocess
import sys

import numpy as np
import pytest
import running
from gpu import ARCHITECTURES, DEVICE, HYBRID, LOSS_BF16, LOSS_FP32, TRAINING, losses
from running import Made
from safetensors.torch import load_file
from toy_store import TRAINING as DEFAULTS

from noncoding.training.checkpoints import load_checkpoint
from noncoding.training.lightning_module import TrainingModule

pytestmark = pytest.mark.gpu

WEIGHTS_FP32 = 0.05
"""Tolerance of the root mean square of a tensor's differences, as a share of the learning rate,
which is about the largest step of AdamW; on a CPU, with and without oneDNN, less than 0.003."""
WITHOUT_GRADIENT = ("head.score.bias",)
"""The softmax over positions cancels it, and AdamW turns the rounding into steps of any sign."""


def trained_weights(made):
    """Weights after the last step, which are not averaged."""
    return load_checkpoint(made.last)["current_model_state"]


def run(folder, stores, sizes, **settings):
    return running.run(folder, stores, sizes, TRAINING | settings, rows="device")


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_training_in_fp32_ends_as_on_the_cpu(
    architecture, stores, reference, tmp_path, full_precision
):
    settings = {"precision": "32-true", "deterministic": "on"}
    made = run(tmp_path, stores, ARCHITECTURES[architecture], **settings)
    expected = Made(reference / architecture)
    np.testing.assert_allclose(losses(made), losses(expected), rtol=LOSS_FP32)
    given = trained_weights(made)
    for name, weight in trained_weights(expected).items():
        if name.endswith(WITHOUT_GRADIENT):
            continue
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


@pytest.mark.filterwarnings("ignore:You have overridden `on_before_batch_transfer`")
def test_rows_are_on_the_device_before_batches_are_taken(stores, tmp_path, monkeypatch):
    seen = set()

    def on_before_batch_transfer(self, batch, dataloader_idx):
        if self.trainer.training:
            seen.update((self.device.type, batch.sequence.device.type, batch.label.device.type))
        return batch

    monkeypatch.setattr(TrainingModule, "on_before_batch_transfer", on_before_batch_transfer)
    run(tmp_path, stores, HYBRID, epochs=1)
    assert seen == {DEVICE.type}


def test_a_training_that_is_killed_on_a_gpu_resumes_with_the_same_weights(stores, tmp_path):
    """Exactly, with deterministic algorithms; in the middle of an epoch, and with dropout."""
    sizes = HYBRID | {part: HYBRID[part] | {"dropout": 0.3} for part in ("resnet", "head")}
    settings = {"deterministic": "on", "precision": "bf16-mixed"}
    whole = run(tmp_path / "whole", stores, sizes, **settings)

    folder = tmp_path / "killed"
    folder.mkdir()
    arguments = {
        "stores": {split: str(path) for split, path in stores.items()},
        "sizes": sizes,
        "training": TRAINING | settings,
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
