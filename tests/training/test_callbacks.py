"""The averaged weights against an average that is computed by hand, and the log of an epoch."""

import itertools
import logging
from types import SimpleNamespace

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.data import DataLoader

from noncoding.training import callbacks
from noncoding.training.callbacks import ExponentialMovingAverage

DECAY = 0.6


class Normed(pl.LightningModule):
    """Weights, and statistics of a norm."""

    def __init__(self):
        super().__init__()
        self.network = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))

    def training_step(self, batch, batch_index):
        return self.network(batch).square().mean()

    def validation_step(self, batch, batch_index):
        pass

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def values(module):
    return {name: value.detach().clone() for name, value in module.state_dict().items()}


class Recorder(Callback):
    """Weights after each step, when validation begins and after it."""

    def __init__(self):
        self.steps, self.validated, self.afterwards = [], [], []

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        if trainer.global_step > len(self.steps):
            self.steps.append(values(pl_module))

    def on_validation_epoch_start(self, trainer, pl_module):
        self.validated.append(values(pl_module))

    def on_train_epoch_start(self, trainer, pl_module):
        self.afterwards.append(values(pl_module))


class Operations(TorchDispatchMode):
    """Names of the operations that torch runs, views aside."""

    def __init__(self):
        super().__init__()
        self.names = []

    def __torch_dispatch__(self, operation, types, arguments=(), options=None):
        name = operation.name()
        if name not in ("aten::detach", "aten::view", "aten::alias"):
            self.names.append(name)
        return operation(*arguments, **(options or {}))


class Counted(ExponentialMovingAverage):
    """Records the operations of each update."""

    def on_train_batch_end(self, *arguments):
        with Operations() as operations:
            super().on_train_batch_end(*arguments)
        self.updates.append(operations.names)

    updates: list[list[str]]


def fit(average, epochs=2, accumulated=2):
    torch.manual_seed(0)
    module, recorder = Normed(), Recorder()
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=epochs,
        accumulate_grad_batches=accumulated,
        callbacks=[average, recorder],
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    batches = DataLoader(torch.randn(32, 2), batch_size=4)
    trainer.fit(module, batches, batches)
    return module, recorder


def averages(steps):
    """After each step, in float64: the share that is kept rises from 2/11."""
    average = {name: value.double() for name, value in steps[0].items()}
    yield average
    for updates, step in enumerate(steps[1:], start=1):
        keep = min(DECAY, (1 + updates) / (10 + updates))
        average = {name: keep * average[name] + (1 - keep) * step[name] for name in step}
        yield average


def test_the_average_is_that_by_hand():
    module, recorder = fit(ExponentialMovingAverage(DECAY))
    expected = list(averages(recorder.steps))
    assert len(expected) == 8
    checks = [(recorder.validated[0], expected[3]), (recorder.validated[1], expected[7])]
    for given, average in [*checks, (values(module), expected[7])]:
        for name, value in given.items():
            if value.is_floating_point():
                np.testing.assert_allclose(value, average[name], rtol=1e-5, atol=1e-6)
    # The second epoch resumes from the trained weights, not from the averaged ones.
    for name, value in recorder.afterwards[1].items():
        assert torch.equal(value, recorder.steps[3][name])


def test_an_update_is_one_operation_and_waits_for_nothing():
    average = Counted(DECAY)
    average.updates = []
    fit(average)
    # Of two batches one is followed by a step.
    assert [len(names) for names in average.updates] == [0, 1] * 8
    assert {name for names in average.updates for name in names} == {"aten::_foreach_lerp_.Scalar"}


def test_the_average_is_on_the_device_of_the_network():
    """Also if it was loaded before the network was moved there, as Lightning does."""
    module, trainer = Normed(), SimpleNamespace(global_step=0)
    state = values(module)
    for loaded in ({}, {"state_dict": dict(state), "current_model_state": dict(state)}):
        average = ExponentialMovingAverage(DECAY)
        if loaded:
            average.on_load_checkpoint(trainer, module, loaded)
        average.on_train_start(trainer, module.to("meta"))
        checkpoint = {"state_dict": module.state_dict()}
        average.on_save_checkpoint(trainer, module, checkpoint)
        assert {value.device.type for value in checkpoint["state_dict"].values()} == {"meta"}
        module = module.to_empty(device="cpu")


def test_the_log_of_a_long_epoch_has_a_line_per_interval(monkeypatch, caplog):
    caplog.set_level(logging.INFO, logger="noncoding")
    # Each look at the clock is half an interval after the one before.
    seconds = itertools.count(step=30.0)
    monkeypatch.setattr(callbacks.time, "perf_counter", lambda: next(seconds))
    trainer = SimpleNamespace(
        is_global_zero=True, current_epoch=2, max_epochs=9, num_training_batches=1000
    )
    log = callbacks.EpochLog()
    log.on_train_epoch_start(trainer, None)
    for batch in range(4):
        log.on_train_batch_end(trainer, None, None, None, batch)
    assert [record.getMessage() for record in caplog.records] == [
        "epoch 3 of up to 9: 2 of 1,000 batches (0%) in 60 s",
        "epoch 3 of up to 9: 4 of 1,000 batches (0%) in 120 s",
    ]
