"""What each base is worth, by changing it."""

import numpy as np
import numpy.typing as npt
import torch
from tangermeme.saturation_mutagenesis import saturation_mutagenesis
from torch import nn

from noncoding.attribution.strands import BothStrands, device_of

_BATCH = 64


def base_effects(
    network: nn.Module,
    sequences: npt.NDArray[np.uint8],
    target: int,
    start: int = 0,
    end: int | None = None,
) -> npt.NDArray[np.float32]:
    """In-silico mutagenesis of sequences, or of a part of them (tangermeme).

    Parameters
    ----------
    network : torch.nn.Module
        In evaluation mode; the weights' device is used.
    sequences : numpy.ndarray, shape=(n, 4, length)
        One-hot, A, C, G, T.
    target : int
        Index of the logit.
    start, end : int
        Bases to change, half-open; by default all.

    Returns
    -------
    numpy.ndarray, shape=(n, 4, end - start), dtype=float32
        Logit with each base in that place, less its mean over the three others. Averaged
        over both strands. At the sequence's own base this is what the logit loses, in the
        mean, by a substitution.
    """
    effects = saturation_mutagenesis(
        BothStrands(network),
        torch.from_numpy(np.ascontiguousarray(sequences)).float(),
        start=start,
        end=sequences.shape[-1] if end is None else end,
        target=target,
        batch_size=_BATCH,
        device=device_of(network),
        hypothetical=True,
        fast=False,
    )
    # The library gives the logit less the mean of all four.
    return (effects * 4 / 3).float().cpu().numpy()
