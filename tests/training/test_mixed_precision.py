"""Training in bf16, the default on a GPU, here on the CPU."""

import numpy as np
import pandas as pd
import pytest
import torch
from architectures import ARCHITECTURES
from running import run
from torch.nn.functional import binary_cross_entropy_with_logits
from toy_store import toy_split, write_toy_stores

from noncoding.models.export import load_model
from noncoding.training.lightning_module import TrainingModule

CLIP = 0.05
SLOW = pytest.mark.slow


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """Three batches of 16 rows per epoch; validation in batches of 16 and 8 rows."""
    return write_toy_stores(tmp_path_factory.mktemp("stores"), train=48, valid=24)


def interrupt_in_the_second_epoch(self, batch, batch_index):
    if (self.current_epoch, batch_index) == (1, 1):
        raise KeyboardInterrupt


# All of torch.compile but the generated code, which takes a minute of C++ compilation.
@pytest.mark.parametrize("backend", [None, "aot_eager", pytest.param("inductor", marks=SLOW)])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_architecture_trains_resumes_and_is_exported(
    architecture, backend, stores, tmp_path, monkeypatch, caplog, compiler
):
    settings = {"precision": "bf16-mixed", "gradient_clip": CLIP, "compile": "off"}
    if backend:
        compiler(backend)
        settings["compile"] = "on"
    sizes = ARCHITECTURES[architecture]
    with monkeypatch.context() as patched:
        patched.setattr(TrainingModule, "on_train_batch_start", interrupt_in_the_second_epoch)
        with pytest.raises((KeyboardInterrupt, SystemExit)):
            run(tmp_path, stores, sizes, settings)
    made = run(tmp_path, stores, sizes, settings)
    assert "torch.compile failed" not in caplog.text
    metrics = pd.read_csv(made.metrics)
    assert metrics.dropna(subset="valid_auprc")["epoch"].tolist() == [0, 1]
    norms = pd.read_csv(made.layers).query("step > 0")
    clipped = norms.groupby("step")["gradient_norm"].agg(np.linalg.norm)
    assert clipped.max() == pytest.approx(CLIP, rel=0.02)  # of all tensors together
    # Validation computes what the exported model gives in full precision; bf16 is 1e-3 off.
    trained = load_model(made.model)
    sequences, labels = map(torch.from_numpy, toy_split(24, 1))
    with torch.no_grad():
        logits = trained.network(sequences.float())
    best = metrics.set_index("epoch")["valid_loss"].dropna()
    best = best[trained.training["validation"]["best epoch"] - 1]
    expected = binary_cross_entropy_with_logits(logits, labels.float()).item()
    assert best == pytest.approx(expected, rel=1e-6)
