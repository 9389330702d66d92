"""Speed and waiting time of trainings by Lightning with a simulated clock."""

from pathlib import Path
from typing import ClassVar

import psutil
import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback, Checkpoint
from pytorch_lightning.loggers import CSVLogger
from torch import nn

from noncoding.training import callbacks
from noncoding.training.callbacks import ThroughputLog, peak_memory

ROWS = 8


class Clock:
    """Seconds that each part of the training increases."""

    now = 100.0

    def perf_counter(self):
        return self.now


class Loader:
    """Batches that arrive after a given waiting time."""

    def __init__(self, clock, waits):
        self._clock, self._waits = clock, waits

    def __len__(self):
        return len(self._waits)

    def __iter__(self):
        for seconds in self._waits:
            self._clock.now += seconds
            yield torch.ones(ROWS, 2), torch.ones(ROWS, 1)


class Working(pl.LightningModule):
    """Steps of given durations, and a validation of one minute."""

    def __init__(self, clock, works):
        super().__init__()
        self.network, self._clock, self._works = nn.Linear(2, 1), clock, works

    def training_step(self, batch, batch_index):
        self._clock.now += self._works[batch_index]
        return self.network(batch[0]).mean()

    def validation_step(self, batch, batch_index):
        self._clock.now += 60

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


class Slow(CSVLogger):
    """A logger that takes 30 s to write, and records the metrics."""

    clock: ClassVar[Clock]

    def __init__(self, folder):
        super().__init__(folder)
        self.figures = {}

    def log_metrics(self, metrics, step=None):
        if "sequences_per_second" in metrics:
            assert step not in self.figures
            self.figures[step] = metrics
            self.clock.now += 30


class SlowCheckpoint(Checkpoint):
    """Takes 30 s to save the first step."""

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        if batch_idx == 0:
            trainer.save_checkpoint(Path(trainer.default_root_dir, "slow.ckpt"))
            pl_module._clock.now += 30


def fit(monkeypatch, folder, waits, works, every, epochs=1, accumulated=1, before=(), **options):
    """Metrics by step, for batches with given waiting and computing times."""
    clock = Clock()
    monkeypatch.setattr(callbacks, "time", clock)
    logger = Slow(folder)
    logger.clock = clock
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=epochs,
        accumulate_grad_batches=accumulated,
        log_every_n_steps=every,
        callbacks=[*before, ThroughputLog()],
        logger=logger,
        default_root_dir=folder,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    trainer.fit(Working(clock, works), Loader(clock, waits), Loader(clock, [0]), **options)
    return logger.figures


def test_speed_and_share_of_waiting(tmp_path, monkeypatch):
    figures = fit(monkeypatch, tmp_path, [1, 1, 3, 1], [3, 1, 1, 3], every=2)
    assert list(figures) == [1, 3]
    assert figures[1]["sequences_per_second"] == pytest.approx(2 * ROWS / (1 + 3 + 1 + 1))
    assert figures[1]["waiting_share"] == pytest.approx(2 / 6)
    # The gap after a log includes the writing, and is excluded from waiting with its step.
    assert figures[3]["waiting_share"] == pytest.approx(1 / 4)
    assert figures[3]["sequences_per_second"] == pytest.approx(2 * ROWS / (30 + 3 + 1 + 1 + 3))


def test_saving_a_checkpoint_is_no_waiting(tmp_path, monkeypatch):
    """Whose callbacks Lightning runs after all others."""
    figures = fit(monkeypatch, tmp_path, [1] * 4, [3] * 4, every=4, before=[SlowCheckpoint()])
    # Of the second step, neither the gap nor the step is watched.
    assert figures[3]["waiting_share"] == pytest.approx(3 / 12)
    assert figures[3]["sequences_per_second"] == pytest.approx(4 * ROWS / (30 + 16))


def test_the_time_of_validation_is_excluded(tmp_path, monkeypatch):
    figures = fit(monkeypatch, tmp_path, [2], [3], every=2, epochs=2)
    assert list(figures) == [1]
    assert figures[1]["sequences_per_second"] == pytest.approx(2 * ROWS / 10)
    assert figures[1]["waiting_share"] == pytest.approx(4 / 10)


def test_accumulated_batches_are_counted_and_each_step_is_logged_once(tmp_path, monkeypatch):
    figures = fit(monkeypatch, tmp_path, [1] * 4, [3] * 4, every=1, accumulated=2)
    assert list(figures) == [0, 1]
    assert figures[0]["sequences_per_second"] == pytest.approx(2 * ROWS / 8)
    # The gap before the first of the second step's two batches is excluded.
    assert figures[1]["waiting_share"] == pytest.approx(1 / 4)


def test_without_steps_between_logs_the_share_of_waiting_is_unknown(tmp_path, monkeypatch):
    figures = fit(monkeypatch, tmp_path, [1, 1], [1, 1], every=1)
    assert "waiting_share" in figures[0]  # the gap before the first step is none after a log
    assert "waiting_share" not in figures[1]


def test_a_training_that_resumes_within_an_epoch(tmp_path, monkeypatch):
    class Keep(Callback):
        def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
            if batch_idx == 0:
                trainer.save_checkpoint(tmp_path / "within.ckpt")
                raise KeyboardInterrupt

    clock = Clock()
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=1,
        callbacks=[Keep()],
        logger=False,
        default_root_dir=tmp_path,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        trainer.fit(Working(clock, [3] * 4), Loader(clock, [1] * 4), Loader(clock, [0]))
    resumed = {"ckpt_path": tmp_path / "within.ckpt", "weights_only": False}
    figures = fit(monkeypatch, tmp_path, [1] * 4, [3] * 4, every=2, **resumed)
    assert next(iter(figures)) == 1
    assert figures[1]["waiting_share"] == pytest.approx(1 / 4)


def test_peak_memory_equals_that_of_the_system():
    peak = peak_memory(torch.device("cpu"))
    now = psutil.Process().memory_info().rss / 2**20
    assert 0.99 * now <= peak < psutil.virtual_memory().total / 2**20
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines())
        assert peak == pytest.approx(int(lines["VmHWM"].split()[0]) / 2**10, rel=0.02)
