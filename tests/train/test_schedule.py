import math

import pytest
import torch
from torch import nn

from noncoding.estimate import in_words, sequences_per_second, slow_warning
from noncoding.train.callbacks import WarmedUpAverage
from noncoding.train.module import rate_factor


def test_rate_rises_in_a_line_and_falls_as_a_cosine():
    factors = [rate_factor(step, warmup=4, steps=24) for step in range(25)]
    assert factors[:5] == [0.25, 0.5, 0.75, 1.0, 1.0]
    for step in range(4, 25):
        expected = (1 + math.cos(math.pi * (step - 4) / 20)) / 2
        assert factors[step] == pytest.approx(expected)
    assert factors[24] == pytest.approx(0)


def test_average_follows_quickly_at_first():
    average = WarmedUpAverage(0.9)._kwargs["avg_fn"]
    old, new = torch.zeros(1), torch.ones(1)
    # min(0.9, (1 + n) / (10 + n)) of the old is kept.
    for updates, kept in ((1, 2 / 11), (8, 9 / 18), (1000, 0.9)):
        assert average(old, new, torch.tensor(updates)).item() == pytest.approx(1 - kept)


def test_measuring_speed_leaves_the_network_as_it_was():
    network = nn.Sequential(nn.Flatten(), nn.Linear(80, 3), nn.BatchNorm1d(3))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert sequences_per_second(network, length=20, targets=3, batch_size=4) > 0
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())


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
    told = slow_warning(100.0, rows=4_400_000, epochs=2)
    assert "no GPU" in told
    assert "about 24 hours" in told
