"""torch.compile on a GPU, which takes most of the time of these tests."""

import functools
import logging

import pandas as pd
import pytest
import running
import torch
from gpu import ARCHITECTURES, ON_CPU, TRAINING
from running import Made

pytestmark = pytest.mark.gpu

LOSS = 0.03
"""Relative tolerance of losses in bf16, of a compiled network and the CPU's in fp32."""


@pytest.fixture
def compiler(monkeypatch):
    """The default compiler; on a CPU all but the generated code, which takes a minute of C++."""
    torch.compiler.reset()
    if ON_CPU:
        monkeypatch.setattr(torch, "compile", functools.partial(torch.compile, backend="aot_eager"))
    yield
    torch.compiler.reset()


@pytest.mark.parametrize("architecture", ["hybrid", "danq"])
def test_a_compiled_training_is_close_to_that_of_the_cpu(
    architecture, stores, reference, tmp_path, compiler, caplog
):
    settings = TRAINING | {"precision": "bf16-mixed", "compile": "on"}
    with caplog.at_level(logging.WARNING):
        made = running.run(tmp_path, stores, ARCHITECTURES[architecture], settings, rows="device")
    assert "torch.compile failed" not in caplog.text
    given, expected = (
        pd.read_csv(each.metrics).groupby("epoch")[["train_loss_epoch", "valid_loss"]].first()
        for each in (made, Made(reference / architecture))
    )
    pd.testing.assert_frame_equal(given, expected, rtol=LOSS)
