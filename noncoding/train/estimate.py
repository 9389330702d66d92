"""How long a training will take on this machine, measured before it starts."""

import time

import torch
import torch.nn.functional as F
from torch import nn


def sequences_per_second(
    network: nn.Module, *, length: int, targets: int, batch_size: int, steps: int = 3
) -> float:
    """Measured speed of forward and backward passes on the CPU, on random rows.

    Parameters
    ----------
    network : torch.nn.Module
        Its weights are left as they are.
    length, targets, batch_size : int
    steps : int
        Measured steps, after one that warms up.

    Returns
    -------
    float
        Rows a second.
    """
    statistics = {name: buffer.clone() for name, buffer in network.named_buffers()}
    sequences = F.one_hot(torch.randint(4, (batch_size, length)), 4).transpose(1, 2).float()
    labels = torch.zeros(batch_size, targets)
    for step in range(steps + 1):
        if step == 1:
            start = time.perf_counter()
        F.binary_cross_entropy_with_logits(network(sequences), labels).backward()
    elapsed = time.perf_counter() - start
    network.zero_grad(set_to_none=True)
    for name, buffer in network.named_buffers():
        buffer.copy_(statistics[name])
    return steps * batch_size / elapsed


def in_words(seconds: float) -> str:
    """A time that a person can weigh, e.g. ``about 3 days``."""
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"about {seconds / size:.0f} {unit}"
    return f"about {max(1, seconds):.0f} seconds"
