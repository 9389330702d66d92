import pytest
import torch
from running import run
from toy_store import DEEPSEA

from noncoding.training.module import TrainingModule
from noncoding.training.trainer import switched_on


@pytest.mark.parametrize(("wanted", "deterministic"), [("auto", True), ("off", False)])
def test_algorithms_are_deterministic_on_a_cpu_by_default(
    wanted, deterministic, stores, tmp_path, monkeypatch
):
    seen = []

    def note(self, batch, batch_index):
        seen.append(torch.are_deterministic_algorithms_enabled())

    monkeypatch.setattr(TrainingModule, "on_train_batch_start", note)
    run(tmp_path, stores, DEEPSEA, {"deterministic": wanted, "epochs": 1})
    assert seen == [deterministic] * 8


@pytest.mark.parametrize(
    ("switch", "values"),
    [("auto", [True, False]), ("on", [True] * 2), (True, [True] * 2), ("off", [False] * 2)],
)
def test_switches(switch, values):
    assert [switched_on(switch, auto=auto) for auto in (True, False)] == values
