"""What each base of a short window is worth, by changing it."""

import numpy as np
import numpy.typing as npt
import torch
from tangermeme.saturation_mutagenesis import saturation_mutagenesis
from torch import nn

from noncoding.alphabet import reverse_complement

_BATCH = 64


class _BothStrands(nn.Module):
    """Logits averaged over both strands."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        return (self.network(sequences) + self.network(reverse_complement(sequences))) / 2


def base_effects(
    network: nn.Module, sequence: npt.NDArray[np.uint8], target: int, start: int, end: int
) -> npt.NDArray[np.float32]:
    """In-silico mutagenesis of a window (tangermeme).

    Parameters
    ----------
    network : torch.nn.Module
        In evaluation mode; the weights' device is used.
    sequence : numpy.ndarray, shape=(4, length)
        One-hot, A, C, G, T.
    target : int
        Index of the logit.
    start, end : int
        Bases to change, half-open.

    Returns
    -------
    numpy.ndarray, shape=(4, end - start), dtype=float32
        At the base that stands there, its logit less the mean of all four;
        zero elsewhere. Averaged over both strands.
    """
    effects = saturation_mutagenesis(
        # A new module is in training mode, and tangermeme would bring that back afterwards.
        _BothStrands(network).eval(),
        torch.from_numpy(sequence)[None].float(),
        start=start,
        end=end,
        target=target,
        batch_size=_BATCH,
        device=next(network.parameters()).device,
        fast=False,
    )
    return effects[0].float().cpu().numpy()
