"""Forward passes of trained networks."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from .layers import channels_last

_CPU_ROWS = 16
"""Rows whose features fit into the caches of a CPU."""


def forward_pass(network: nn.Module, sequences: torch.Tensor) -> torch.Tensor:
    """Logits of a network in evaluation mode, shape=(batch, targets), up to rounding.

    On a CPU, a batch is split into parts of 16 rows and computed with channels last (see
    `noncoding.models.layers`), so that hooks of layers must not expect another shape. Gradients
    with respect to the sequences can be computed.
    """
    if sequences.device.type != "cpu":
        return network(sequences)
    with channels_last():
        return torch.cat([network(rows) for rows in sequences.split(_CPU_ROWS)])


@contextmanager
def exact_convolutions() -> Iterator[None]:
    """Convolutions in single precision, in the body or in a decorated function.

    On a GPU, their default is TensorFloat-32, whose rounding errors are of the size of the
    differences between similar sequences.
    """
    cudnn = torch.backends.cudnn
    kept = {name: getattr(cudnn, name) for name in ("enabled", "benchmark", "deterministic")}
    with cudnn.flags(**kept, allow_tf32=False, fp32_precision="ieee"):
        yield
