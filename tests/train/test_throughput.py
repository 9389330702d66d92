from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
import torch

from noncoding.train import throughput
from noncoding.train.throughput import ThroughputLog, peak_memory

BATCH = (torch.zeros(8, 4, 10), torch.zeros(8, 2))
CPU = SimpleNamespace(device=torch.device("cpu"))


class Clock:
    """A clock that is set by hand, in seconds."""

    def __init__(self):
        self.now = 100.0

    def perf_counter(self):
        return self.now


class Logger:
    def __init__(self):
        self.logged = []

    def log_metrics(self, figures, step):
        self.logged.append((step, figures))


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(throughput, "time", made)
    return made


def train(clock, epochs, *, every, processes=1, batches_a_step=1):
    """Epochs of batches of (seconds of waiting, seconds of work); a minute between them."""
    logger = Logger()
    trainer = SimpleNamespace(
        global_step=0, log_every_n_steps=every, world_size=processes, loggers=[logger]
    )
    log = ThroughputLog()
    for steps in epochs:
        log.on_train_epoch_start(trainer, CPU)
        for number, (waited, worked) in enumerate(steps):
            clock.now += waited
            log.on_train_batch_start(trainer, CPU, BATCH, number)
            clock.now += worked
            trainer.global_step += (number + 1) % batches_a_step == 0
            log.on_train_batch_end(trainer, CPU, None, BATCH, number)
        clock.now += 60  # validation
    return logger.logged


def test_speed_and_waiting_share(clock):
    # After a logged step, the logs are written: 3 s that are no waiting for data.
    logged = train(clock, [[(1, 3), (1, 1), (3, 1), (1, 3)]], every=2)
    assert [step for step, _ in logged] == [1, 3]
    first, second = (figures for _, figures in logged)
    assert first["sequences_per_second"] == pytest.approx(16 / 6)
    assert first["waiting_share"] == pytest.approx(2 / 6)
    assert second["sequences_per_second"] == pytest.approx(16 / 8)
    assert second["waiting_share"] == pytest.approx(1 / 4)


def test_validation_is_no_time_of_training(clock):
    logged = train(clock, [[(1, 3)], [(2, 2)]], every=2)
    [(step, figures)] = logged
    assert step == 1
    assert figures["sequences_per_second"] == pytest.approx(16 / 8)
    assert figures["waiting_share"] == pytest.approx(3 / 8)


def test_where_each_step_is_logged_no_gap_is_known(clock):
    logged = train(clock, [[(1, 1), (1, 1)]], every=1)
    assert "waiting_share" in logged[0][1]  # the gap before the first step is none after a log
    assert "waiting_share" not in logged[1][1]


@pytest.mark.parametrize("steps", [[(0, 1)] * 4, [(1, 0)] * 4, [(5, 1e-6)] * 4])
def test_the_share_is_between_0_and_1(clock, steps):
    for _, figures in train(clock, [steps, steps], every=3):
        assert 0 <= figures["waiting_share"] <= 1


def test_all_processes_are_counted(clock):
    [(_, figures)] = train(clock, [[(1, 3), (1, 3)]], every=2, processes=4)
    assert figures["sequences_per_second"] == pytest.approx(4 * 16 / 8)


def test_accumulated_batches_are_counted_and_a_step_is_logged_once(clock):
    logged = train(clock, [[(1, 3)] * 5], every=1, batches_a_step=2)
    assert [step for step, _ in logged] == [0, 1]
    assert logged[1][1]["sequences_per_second"] == pytest.approx(8 / 4)
    # Of its two batches, the gap before the first is left out.
    assert logged[1][1]["waiting_share"] == pytest.approx(1 / 4)


def test_a_training_that_goes_on_within_an_epoch(clock):
    logger = Logger()
    trainer = SimpleNamespace(global_step=7, log_every_n_steps=4, world_size=1, loggers=[logger])
    log = ThroughputLog()
    log.on_train_start(trainer, CPU)
    clock.now += 1
    log.on_train_batch_start(trainer, CPU, BATCH, 7)
    clock.now += 3
    trainer.global_step = 8
    log.on_train_batch_end(trainer, CPU, None, BATCH, 7)
    [(step, figures)] = logger.logged
    assert step == 7
    assert figures["sequences_per_second"] == pytest.approx(8 / 4)
    assert figures["waiting_share"] == pytest.approx(1 / 4)


def test_peak_memory_is_that_of_the_system():
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("Linux alone tells the peak in /proc")
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    peak = int(lines["VmHWM"].split()[0]) / 2**10
    assert peak * 0.99 <= peak_memory(torch.device("cpu")) < psutil.virtual_memory().total / 2**20


def test_peak_memory_of_a_gpu_is_what_tensors_took(monkeypatch):
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: 3 * 2**20)
    assert peak_memory(torch.device("cuda", 0)) == 3
