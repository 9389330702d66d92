import psutil
import pytest
import torch
from toy_store import LENGTH, toy_sizes

from noncoding.models.architectures import create_model
from noncoding.training.estimate import (
    busy_warning,
    in_words,
    sequences_per_second,
    slow_warning,
)


def test_measuring_speed_does_not_change_the_network():
    network = create_model(length=LENGTH, targets=3, **toy_sizes())
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert sequences_per_second(network, batch_size=4) > 0
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())


@pytest.mark.parametrize(
    ("percent", "threads", "advised"),
    [(5, 4, None), (30, 4, 3), (30, 3, None), (100, 2, 1), (100, 1, None)],
)
def test_threads_where_other_programs_run(percent, threads, advised, monkeypatch):
    monkeypatch.setattr(psutil, "cpu_count", lambda: 4)
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval: percent)
    warning = busy_warning(threads)
    assert (warning is None) == (advised is None)
    if advised:
        assert f"train_model={advised} " in warning


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (20, "about 20 seconds"),
        (600, "about 10 minutes"),
        (9000, "about 2 hours"),
        (260_000, "about 3 days"),
    ],
)
def test_words(seconds, words):
    assert in_words(seconds) == words


def test_the_warning_says_how_long():
    warning = slow_warning(100.0, rows=4_400_000, epochs=2)
    assert "no GPU" in warning
    assert "about 24 hours" in warning
