"""Forward passes of trained networks."""

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
