import pytest
import torch
from running import run
from toy_store import DEEPSEA

from noncoding.training.module import TrainingModule


@pytest.mark.parametrize(
    ("wanted", "deterministic"), [("auto", True), (True, True), ("off", False), (False, False)]
)
def test_algorithms_are_deterministic_on_a_cpu_unless_told_otherwise(
    wanted, deterministic, stores, tmp_path, monkeypatch
):
    seen = []

    def note(self, batch, batch_index):
        seen.append(torch.are_deterministic_algorithms_enabled())

    monkeypatch.setattr(TrainingModule, "on_train_batch_start", note)
    run(tmp_path, stores, DEEPSEA, {"deterministic": wanted, "epochs": 1})
    assert seen == [deterministic] * 8
