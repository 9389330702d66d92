"""Strand-averaged logits, and helpers for gradients."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from noncoding.attribution.ensembles import explained
from noncoding.data.one_hot import reverse_complement
from noncoding.models.forward_pass import exact_convolutions, forward_pass

_BATCH = 128


class BothStrands(nn.Module):
    """Mean logits of a sequence and its reverse complement; of ensembles, see `explained`.

    Attributions to its input are averaged over both strands as well.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = explained(network)
        self.eval()  # Libraries restore the mode of this module in all its submodules.

    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        """Shape=(batch, 4, length) → (batch, targets)."""
        forward = forward_pass(self.network, sequences)
        return (forward + forward_pass(self.network, reverse_complement(sequences))) / 2


def device_of(network: nn.Module) -> torch.device:
    """Device of the weights."""
    return next(network.parameters()).device


@contextmanager
def without_cudnn(network: nn.Module) -> Iterator[None]:
    """Disable cuDNN in the body if the network has recurrent layers.

    cuDNN has no backward pass for a recurrent layer in evaluation mode, unlike torch's own
    kernels. All gradients for attribution are computed in this context.
    """
    enabled = torch.backends.cudnn.enabled
    recurrent = any(isinstance(module, nn.RNNBase) for module in network.modules())
    torch.backends.cudnn.enabled = enabled and not recurrent
    try:
        yield
    finally:
        torch.backends.cudnn.enabled = enabled


@exact_convolutions()
@torch.inference_mode()
def logits(
    network: nn.Module, sequences: npt.NDArray[np.uint8] | torch.Tensor, target: int
) -> npt.NDArray[np.float32]:
    """Logit of a target, averaged over both strands, shape=(n,), dtype=float32.

    Of an ensemble, also averaged over its members, see `explained`.
    """
    both, device = BothStrands(network), device_of(network)
    batches = torch.as_tensor(sequences).split(_BATCH)
    found = [both(batch.to(device).float())[:, target].float().cpu() for batch in batches]
    return torch.cat(found).numpy() if found else np.empty(0, np.float32)
