"""Numbers that run away, memory that runs out, a compiler that fails."""

import json

import pandas as pd
import pytest
import torch
from running import run
from torch import nn
from toy_store import LENGTH, toy_sizes

from noncoding.errors import InputError
from noncoding.models import create_model
from noncoding.train.checkpoints import ResumePoint
from noncoding.train.failures import (
    first_layer_not_finite,
    first_parameter_not_finite,
    fitting_batch,
    is_out_of_memory,
)
from noncoding.train.module import TrainingModule
from noncoding.train.trainer import compile_where_it_pays
from noncoding.train.unfinished import Unfinished


@pytest.fixture
def network():
    torch.manual_seed(0)
    return create_model(length=LENGTH, targets=3, **toy_sizes())


def test_the_first_layer_that_is_not_finite_is_named(network):
    sequences = torch.rand(4, 4, LENGTH)
    assert first_layer_not_finite(network, sequences) == "the loss; every layer is finite"
    network.resnet.blocks[1].register_forward_pre_hook(
        lambda _module, inputs: (inputs[0] * float("inf"),)
    )
    # The first layer of the second block, and not one of those after it.
    named = first_layer_not_finite(network, sequences)
    assert named.startswith("the output of the layer resnet.blocks.1.")


def test_weights_that_are_not_finite_are_named(network):
    assert first_parameter_not_finite(network) is None
    with torch.no_grad():
        network.resnet.blocks[0].expand[-1].weight[0, 0, 0] = float("nan")
        network.head.output.bias[1] = float("inf")
    named = "the weights resnet.blocks.0.expand.2.weight"
    assert first_parameter_not_finite(network) == named
    assert first_layer_not_finite(network, torch.rand(4, 4, LENGTH)) == named


def test_a_loss_that_runs_away_names_batch_layer_and_checkpoint(stores, tmp_path, monkeypatch):
    original = TrainingModule.training_step

    def poison(self, batch, batch_index):
        if (self.current_epoch, batch_index) == (1, 2):
            with torch.no_grad():
                self.network.resnet.stem.convolution.weight.fill_(float("nan"))
        return original(self, batch, batch_index)

    monkeypatch.setattr(TrainingModule, "training_step", poison)
    with pytest.raises(InputError) as error:
        run(tmp_path / "run", stores, toy_sizes(), {"epochs": 3})
    assert error.value.where == "training, epoch 2, batch 3"
    assert error.value.found == "NaN or infinity in the weights resnet.stem.convolution.weight"
    kept = tmp_path / "run" / "unfinished" / "last.ckpt"
    assert str(kept) in error.value.remedy
    state = torch.load(kept, weights_only=False)["state_dict"]
    assert all(bool(value.isfinite().all()) for value in state.values())
    # Mended, it goes on from there.
    monkeypatch.setattr(TrainingModule, "training_step", original)
    made = run(tmp_path / "run", stores, toy_sizes(), {"epochs": 3})
    assert pd.read_csv(made.metrics).dropna(subset="valid_auprc")["epoch"].tolist() == [0, 1, 2]


class Greedy:
    """Stands for a device that has room for a number of rows."""

    def __init__(self, network_class, room):
        self.original, self.room = network_class.forward, room

    def forward(self, network, sequences):
        if len(sequences) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return self.original(network, sequences)


@pytest.fixture
def room(monkeypatch, network):
    def limit(rows):
        greedy = Greedy(type(network), rows)
        monkeypatch.setattr(type(network), "forward", lambda n, s: greedy.forward(n, s))

    return limit


@pytest.mark.parametrize(("rows", "fits"), [(40, 32), (5, 4), (2, 0)])
def test_the_batch_that_fits_is_found(network, room, rows, fits):
    room(rows)
    device = torch.device("cpu")
    assert fitting_batch(network, device, length=LENGTH, targets=3, below=64) == fits
    assert all(parameter.grad is None for parameter in network.parameters())


def test_what_says_that_memory_has_run_out():
    assert is_out_of_memory(torch.OutOfMemoryError("x"))
    assert is_out_of_memory(MemoryError())
    with pytest.raises(RuntimeError) as error:
        torch.empty(2**60)
    assert is_out_of_memory(error.value)
    assert not is_out_of_memory(RuntimeError("shapes differ"))


def test_out_of_memory_says_which_batch_would_fit(stores, tmp_path, room):
    room(9)
    with pytest.raises(InputError, match=r"16 rows .* for which the memory is too small") as error:
        run(tmp_path / "run", stores, toy_sizes(), {})
    assert "train.batch_size to 8" in error.value.remedy
    assert "train.accumulate to 2 times" in error.value.remedy


def test_out_of_memory_can_halve_the_batch(stores, tmp_path, room):
    sizes = toy_sizes()
    expected = run(tmp_path / "two", stores, sizes, {"batch_size": 8, "accumulate": 2})
    room(9)
    made = run(tmp_path / "run", stores, sizes, {"on_out_of_memory": "halve"})
    steps = [pd.read_csv(m.metrics)["step"].max() for m in (expected, made)]
    assert steps[0] == steps[1]
    weights = [torch.load(m.best, weights_only=False)["state_dict"] for m in (expected, made)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_the_cut_is_remembered_for_whoever_goes_on(tmp_path):
    unfinished = Unfinished(tmp_path)
    assert unfinished.smaller_batches() == 1
    unfinished.cut_batches(4)
    assert Unfinished(tmp_path).smaller_batches() == 4


def test_logs_of_several_attempts_are_joined(tmp_path):
    for number, steps in enumerate(([0, 1, 2, 3], [2, 3, 4], [4, 5])):
        folder = tmp_path / "csv" / f"version_{number}"
        folder.mkdir(parents=True)
        table = pd.DataFrame({"step": steps, "attempt": number})
        table.to_csv(folder / "metrics.csv", index=False)
    joined = Unfinished(tmp_path).metrics()
    assert joined["step"].tolist() == [0, 1, 2, 3, 4, 5]
    assert joined["attempt"].tolist() == [0, 0, 1, 1, 2, 2]


def test_settings_that_change_no_result_do_not_stop_a_resume(stores, tmp_path):
    folder = tmp_path / "run" / "unfinished"
    run(tmp_path / "first", stores, toy_sizes(), {"epochs": 1})
    folder.mkdir(parents=True)
    record = {"seed": 3, "dataset": "toy"}
    (folder / "settings.json").write_text(json.dumps(record))
    (folder / "last.ckpt").write_bytes(b"")
    assert Unfinished(folder).begin(record) == folder / "last.ckpt"


def test_a_failing_compiler_is_told_and_left_out(network, caplog, monkeypatch):
    sequences = torch.rand(4, 4, LENGTH)
    expected = network.eval()(sequences)
    network.train()
    before = {name: value.clone() for name, value in network.state_dict().items()}

    def fail(self, *_arguments, **_options):
        def call(*_inputs):
            raise RuntimeError("no compiler\nat all")

        self._compiled_call_impl = call

    monkeypatch.setattr(nn.Module, "compile", fail)
    compile_where_it_pays(network, "on", torch.device("cpu"), LENGTH)
    assert "torch.compile failed, going on without it: no compiler" in caplog.text
    after = network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    torch.testing.assert_close(network.eval()(sequences), expected)


def test_a_cpu_is_not_compiled_for_unless_asked(network, monkeypatch):
    monkeypatch.setattr(nn.Module, "compile", lambda *_: pytest.fail("compiled"))
    for wanted in ("auto", "off", False):
        compile_where_it_pays(network, wanted, torch.device("cpu"), LENGTH)


def test_a_resume_point_is_due_by_the_clock():
    """Within an epoch one is kept each `minutes`; not in the middle of an accumulation."""
    times = iter([0.0, 0.0, 59.0, 61.0])
    point = ResumePoint("x", 1, clock=lambda: next(times))
    saved = []
    point._save = lambda *_: saved.append(True)

    class Loop:
        batch_idx = 1

        class batch_progress:
            is_last_batch = False

    class FakeTrainer:
        world_size = 1
        accumulate_grad_batches = 2

        class fit_loop:
            epoch_loop = Loop

    trainer = FakeTrainer()
    point.on_train_start(trainer, None)
    for _ in range(2):
        point.on_train_batch_end(trainer, None, None)
    assert saved == [True]
    # Neither of these asks the clock, which has no more to say.
    Loop.batch_idx = 2
    point.on_train_batch_end(trainer, None, None)
    Loop.batch_idx, Loop.batch_progress.is_last_batch = 3, True
    point.on_train_batch_end(trainer, None, None)
    assert saved == [True]
