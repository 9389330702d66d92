"""torch.compile on a GPU, which takes most of the time of these tests."""

import functools
import logging

import numpy as np
import pytest
import running
import torch
from gpu import ARCHITECTURES, HYBRID, LOSS_BF16, ON_CPU, TRAINING, losses
from running import Made

pytestmark = pytest.mark.gpu


@pytest.fixture
def compiler(monkeypatch):
    """The default compiler; on a CPU all but the generated code, which takes a minute of C++."""
    torch.compiler.reset()
    if ON_CPU:
        monkeypatch.setattr(torch, "compile", functools.partial(torch.compile, backend="aot_eager"))
    yield
    torch.compiler.reset()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
@pytest.mark.parametrize("precision", ["bf16-mixed", "32-true"])
def test_a_compiled_training_is_close_to_that_of_the_cpu(
    architecture, precision, stores, reference, tmp_path, compiler, caplog
):
    settings = TRAINING | {"precision": precision, "compile": "on"}
    with caplog.at_level(logging.WARNING):
        made = running.run(tmp_path, stores, ARCHITECTURES[architecture], settings, rows="device")
    assert "torch.compile failed" not in caplog.text
    expected = losses(Made(reference / architecture))
    np.testing.assert_allclose(losses(made), expected, rtol=LOSS_BF16)


def test_gradients_are_accumulated_in_a_compiled_training(stores, tmp_path, compiler, caplog):
    settings = TRAINING | {"precision": "bf16-mixed", "accumulate": 2, "batch_size": 8}
    made = {}
    with caplog.at_level(logging.WARNING):
        for switch in ("off", "on"):
            made[switch] = running.run(
                tmp_path / switch, stores, HYBRID, settings | {"compile": switch}, rows="device"
            )
    assert "torch.compile failed" not in caplog.text
    np.testing.assert_allclose(losses(made["on"]), losses(made["off"]), rtol=LOSS_BF16)
