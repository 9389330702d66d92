"""A network that reads both strands of every sequence."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from noncoding.data.one_hot import reverse_complement

_BATCH = 128


class BothStrands(nn.Module):
    """Logits, averaged over a sequence and its reverse complement.

    What is attributed to the bases of its input is thereby averaged over the strands, too.

    Parameters
    ----------
    network : torch.nn.Module
        One-hot sequences, shape=(batch, 4, length), to logits, (batch, targets).
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        # A new module is in training mode, which libraries would bring back to its parts.
        self.eval()

    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        """Shape=(batch, 4, length) → (batch, targets)."""
        return (self.network(sequences) + self.network(reverse_complement(sequences))) / 2


def device_of(network: nn.Module) -> torch.device:
    """Where the weights are."""
    return next(network.parameters()).device


@contextmanager
def without_cudnn(network: nn.Module) -> Iterator[None]:
    """Run the body without cuDNN where the network has recurrent layers.

    cuDNN has no backward pass for a recurrent layer in evaluation mode; torch's own
    kernels have. Every gradient of a network for attribution is computed in here.
    """
    enabled = torch.backends.cudnn.enabled
    recurrent = any(isinstance(module, nn.RNNBase) for module in network.modules())
    torch.backends.cudnn.enabled = enabled and not recurrent
    try:
        yield
    finally:
        torch.backends.cudnn.enabled = enabled


@torch.inference_mode()
def logits(
    network: nn.Module, sequences: npt.NDArray[np.uint8] | torch.Tensor, target: int
) -> npt.NDArray[np.float32]:
    """Logit of a target, averaged over both strands.

    Parameters
    ----------
    network : torch.nn.Module
        In evaluation mode; the weights' device is used.
    sequences : numpy.ndarray or torch.Tensor, shape=(n, 4, length)
    target : int
        Index of the logit.

    Returns
    -------
    numpy.ndarray, shape=(n,), dtype=float32
    """
    both, where = BothStrands(network), device_of(network)
    parts = torch.as_tensor(sequences).split(_BATCH)
    found = [both(part.to(where).float())[:, target].float().cpu() for part in parts]
    return torch.cat(found).numpy() if found else np.empty(0, np.float32)
