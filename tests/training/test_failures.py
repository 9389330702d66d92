"""Non-finite numbers, exhausted memory, changed settings, and checkpoints."""

import json
import weakref
from contextlib import nullcontext
from types import SimpleNamespace

import pandas as pd
import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback
from running import run
from torch import nn
from torch.utils.data import DataLoader
from toy_store import DEEPSEA, LENGTH, TRAINING, toy_sizes

from noncoding.common.errors import InputError
from noncoding.models.architectures import create_model
from noncoding.settings.train import TrainSettings
from noncoding.stages import train
from noncoding.training import checkpoints, lightning_module
from noncoding.training.checkpoints import AtomicCheckpoints, ResumePoint, load_checkpoint
from noncoding.training.failures import (
    fitting_batch,
    is_out_of_memory,
    non_finite_place,
    non_finite_weights,
)
from noncoding.training.lightning_module import TrainingModule
from noncoding.training.unfinished import Unfinished


@pytest.fixture
def network():
    torch.manual_seed(0)
    return create_model(length=LENGTH, targets=3, **toy_sizes())


def test_the_first_layer_with_non_finite_output_is_named(network):
    sequences = torch.rand(4, 4, LENGTH)
    assert non_finite_place(network, sequences) == "the loss; every layer is finite"
    network.resnet.blocks[1].register_forward_pre_hook(
        lambda _module, inputs: (inputs[0] * float("inf"),)
    )
    # The first layer of the second block, and not one of those after it.
    named = non_finite_place(network, sequences)
    assert named.startswith("the output of the layer resnet.blocks.1.")


def test_non_finite_weights_are_named(network):
    assert non_finite_weights(network) is None
    with torch.no_grad():
        network.resnet.blocks[0].expand[-1].weight[0, 0, 0] = float("nan")
        network.head.output.bias[1] = float("inf")
    named = "the weights resnet.blocks.0.expand.2.weight"
    assert non_finite_weights(network) == named
    assert non_finite_place(network, torch.rand(4, 4, LENGTH)) == named


def test_a_non_finite_loss_names_batch_layer_and_checkpoint(stores, tmp_path, monkeypatch):
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
    kept = tmp_path / "run" / "training" / "unfinished" / "last.ckpt"
    assert str(kept) in error.value.remedy
    state = torch.load(kept, weights_only=True)["state_dict"]
    assert all(bool(value.isfinite().all()) for value in state.values())
    # It can be resumed from there.
    monkeypatch.setattr(TrainingModule, "training_step", original)
    made = run(tmp_path / "run", stores, toy_sizes(), {"epochs": 3})
    assert pd.read_csv(made.metrics).dropna(subset="valid_auprc")["epoch"].tolist() == [0, 1, 2]


def test_weights_that_become_nan_in_the_last_update_are_found_in_the_validation(
    stores, tmp_path, monkeypatch
):
    def poison(self, *_, **__):
        if self.trainer.global_step == 2 * 8 - 1:
            self.network.head.output.weight.grad.fill_(float("nan"))

    monkeypatch.setattr(TrainingModule, "configure_gradient_clipping", poison)
    with pytest.raises(InputError, match="NaN or infinity in the weights head") as error:
        run(tmp_path / "run", stores, toy_sizes(), {"epochs": 3})
    assert error.value.where == "training, epoch 2, validation"


def test_the_time_of_a_training_includes_earlier_attempts(stores, tmp_path, monkeypatch):
    clock = SimpleNamespace(now=0.0, stops=True)
    original = TrainingModule.training_step

    def minute(self, batch, batch_index):
        if clock.stops and (self.current_epoch, batch_index) == (1, 2):
            raise KeyboardInterrupt
        clock.now += 60
        return original(self, batch, batch_index)

    monkeypatch.setattr(TrainingModule, "training_step", minute)
    monkeypatch.setattr(lightning_module, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        run(tmp_path / "run", stores, toy_sizes(), {"epochs": 2})
    clock.stops = False
    made = run(tmp_path / "run", stores, toy_sizes(), {"epochs": 2})
    # Two epochs; the two steps after the latest checkpoint were lost.
    record = json.loads((made.model / "training.json").read_text())
    assert record["seconds"] == 60 * 2 * 8


class Greedy:
    """Simulates a device with memory for a number of rows."""

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
        # A function, which becomes a method; a method would not get the network.
        forward = lambda n, s: greedy.forward(n, s)  # noqa: E731, PLW0108
        monkeypatch.setattr(type(network), "forward", forward)

    return limit


@pytest.mark.parametrize(("rows", "fits"), [(40, 32), (5, 4), (3, 3), (2, 0)])
def test_the_batch_that_fits_is_found(network, room, rows, fits):
    room(rows)
    device = torch.device("cpu")
    assert fitting_batch(network, device, 64, nullcontext) == fits
    assert all(parameter.grad is None for parameter in network.parameters())


@pytest.mark.parametrize(("below", "fits"), [(3, 0), (4, 3), (5, 3)])
def test_three_rows_are_tried_of_small_batches(network, below, fits):
    assert fitting_batch(network, torch.device("cpu"), below, nullcontext) == fits


def test_the_batch_that_fits_is_computed_as_in_training(network):
    """Both keep as many bytes for the backward pass."""
    kept = []

    def watched():
        kept.append(0)

        def pack(tensor):
            kept[-1] += tensor.nbytes
            return tensor

        return torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor)

    assert fitting_batch(network, torch.device("cpu"), 16, watched) == 8
    module = TrainingModule(network, TrainSettings(**TRAINING), seed=1)
    with watched():
        module.loss(torch.zeros(8, 4, LENGTH), torch.zeros(8, 3))
    assert kept[0] == kept[1] > 0


@pytest.mark.parametrize(
    "message",
    [
        "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.1 GiB",
        "CUDA error: out of memory",
        "CUDA driver error: out of memory",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
        "FIND was unable to find an engine to execute this computation",
        "GET was unable to find an engine to execute this computation",
        "HIP error: out of memory",
        "HIPBLAS_STATUS_ALLOC_FAILED when calling `hipblasCreate(handle)`",
        "MPS backend out of memory (MPS allocated: 9.0 GB, max allowed: 9.07 GB)",
        "Triton Error [CUDA]: out of memory",
        "[enforce fail at alloc_cpu.cpp:119] . DefaultCPUAllocator: can't allocate memory: you "
        "tried to allocate 4611686018427387904 bytes.",
    ],
)
def test_messages_of_exhausted_memory(message):
    assert is_out_of_memory(RuntimeError(message))


def test_errors_of_exhausted_memory():
    assert is_out_of_memory(torch.OutOfMemoryError("x"))
    assert is_out_of_memory(MemoryError())
    with pytest.raises(RuntimeError) as error:
        torch.empty(2**60)
    assert is_out_of_memory(error.value)


@pytest.mark.parametrize(
    "message",
    [
        "shapes differ",
        "CUDA error: an illegal memory access was encountered",
        "CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm`",
        "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED",
        "out of resource: shared memory, Required: 262144, Hardware limit: 101376",
    ],
)
def test_other_errors_are_not_of_memory(message):
    assert not is_out_of_memory(RuntimeError(message))
    assert not is_out_of_memory(ValueError("out of memory"))


def test_out_of_memory_says_which_batch_would_fit(stores, tmp_path, room):
    room(9)
    with pytest.raises(InputError, match=r"16 rows .* for which the memory is too small") as error:
        run(tmp_path / "run", stores, toy_sizes(), {})
    assert "models.tiny.train.batch_size to 8 and multiply accumulate by 2" in error.value.remedy


@pytest.mark.parametrize("compile", ["off", "on"])
def test_the_memory_of_a_training_is_free_before_smaller_batches_are_tried(
    compile, stores, tmp_path, monkeypatch, compiler
):
    compiler(lambda graph, inputs: graph.forward)
    held, alive = [], []
    original = TrainingModule.training_step

    def training_step(self, batch, batch_index):
        if batch_index == 2:
            [optimizer] = self.trainer.optimizers
            moments = [moment["exp_avg"] for moment in optimizer.state.values()]
            held.extend(weakref.ref(value) for value in (self, optimizer, *moments))
            raise torch.OutOfMemoryError("CUDA out of memory")
        return original(self, batch, batch_index)

    def fitting(*arguments):
        alive.extend(reference() is not None for reference in held)
        return fitting_batch(*arguments)

    monkeypatch.setattr(TrainingModule, "training_step", training_step)
    monkeypatch.setattr(train, "fitting_batch", fitting)
    with pytest.raises(InputError, match="the memory is too small"):
        run(tmp_path, stores, DEEPSEA, {"compile": compile})
    assert alive == [False] * (2 + 8)  # the tensors of two convolutions and two layers


KNOWN = {"train_loss_epoch": 0.5, "valid_loss": 0.4, "valid_auroc": 0.9, "valid_auprc": 0.3}


def test_logs_of_several_attempts_are_joined(tmp_path):
    for number, steps in enumerate(([0, 1, 2, 3], [2, 3, 4], [4, 5])):
        folder = tmp_path / "csv" / f"version_{number}"
        folder.mkdir(parents=True)
        table = pd.DataFrame({"step": steps, "attempt": number, "epoch": 0, "valid_auprc": 0.3})
        table.to_csv(folder / "metrics.csv", index=False)
    joined = Unfinished(tmp_path).metrics(0, KNOWN)
    assert joined["step"].tolist() == [0, 1, 2, 3, 4, 5]
    assert joined["attempt"].tolist() == [0, 0, 1, 1, 2, 2]
    # An epoch whose row is lost is known from its checkpoint.
    added = Unfinished(tmp_path).metrics(1, KNOWN)
    pd.testing.assert_frame_equal(added[:6][joined.columns], joined, check_dtype=False)
    assert added.iloc[6].dropna().to_dict() == KNOWN | {"epoch": 1}


def test_runtime_options_may_change_before_a_training_is_resumed(stores, tmp_path, monkeypatch):
    def interrupt(self, batch, batch_index):
        if self.current_epoch == 1 and batch_index == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(TrainingModule, "on_train_batch_start", interrupt)
        with pytest.raises((KeyboardInterrupt, SystemExit)):
            run(tmp_path, stores, DEEPSEA, {})
    epochs = []

    def note(self, batch, batch_index):
        epochs.append(self.current_epoch)

    monkeypatch.setattr(TrainingModule, "on_train_batch_start", note)
    run(tmp_path, stores, DEEPSEA, {"checkpoint_minutes": 3})
    assert epochs == [1] * 8


class Saved(Callback):
    """The step of the checkpoint at the start of each batch."""

    def __init__(self, path):
        self.path, self.steps = path, []

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        there = self.path.exists()
        self.steps.append(load_checkpoint(self.path)["global_step"] if there else None)


class Slow(pl.LightningModule):
    """Each batch takes 20 s of simulated time."""

    def __init__(self):
        super().__init__()
        self.network, self.now = nn.Linear(2, 1), 0.0

    def training_step(self, batch, batch_index):
        self.now += 20
        return self.network(batch).square().mean()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def test_checkpoints_are_saved_at_intervals_between_updates_and_after_epochs(tmp_path, monkeypatch):
    module, path = Slow(), tmp_path / "last.ckpt"
    monkeypatch.setattr(checkpoints, "time", SimpleNamespace(monotonic=lambda: module.now))
    saved = Saved(path)
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=2,
        accumulate_grad_batches=2,
        callbacks=[saved, ResumePoint(path, 1)],
        plugins=[AtomicCheckpoints()],
        logger=False,
        default_root_dir=tmp_path,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(module, DataLoader(torch.ones(12, 2), batch_size=1))
    # A minute has passed after three batches; the update is complete after the fourth, at 80 s
    # and 160 s. The epoch ends at 240 s, and the next checkpoint is due 80 s later.
    first = [None] * 4 + [2] * 4 + [4] * 4
    assert saved.steps == first + [6] * 4 + [8] * 4 + [10] * 4
    assert load_checkpoint(path)["global_step"] == 12
