"""Forward passes of trained networks, without gradients."""

import torch
from torch import nn

from .layers import channels_last

_CPU_ROWS = 16
"""Rows whose features fit into the caches of a CPU."""


def logits_without_gradients(network: nn.Module, sequences: torch.Tensor) -> torch.Tensor:
    """Logits of a network in evaluation mode, shape=(batch, targets), up to rounding.

    On a CPU, a batch is split into parts of 16 rows and computed with channels last (see
    `noncoding.models.layers`). No gradients can be computed from the result.
    """
    if sequences.device.type != "cpu":
        return network(sequences)
    with channels_last():
        return torch.cat([network(rows) for rows in sequences.split(_CPU_ROWS)])
