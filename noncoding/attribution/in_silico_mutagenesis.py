"""In-silico mutagenesis."""

import numpy as np
import numpy.typing as npt
import torch
from tangermeme.saturation_mutagenesis import saturation_mutagenesis
from torch import nn

from noncoding.attribution.strands import BothStrands, device_of


def base_effects(
    network: nn.Module,
    sequences: npt.NDArray[np.uint8],
    target: int,
    start: int = 0,
    end: int | None = None,
) -> npt.NDArray[np.float32]:
    """In-silico mutagenesis of sequences or of a half-open interval of them (tangermeme).

    Returns
    -------
    numpy.ndarray, shape=(n, 4, end - start), dtype=float32
        Logit with each base at each position, less the mean over the other three bases,
        averaged over both strands. For the base of the sequence, this is the mean decrease of
        the logit by a substitution.
    """
    effects = saturation_mutagenesis(
        BothStrands(network),
        torch.from_numpy(np.ascontiguousarray(sequences)).float(),
        start=start,
        end=sequences.shape[-1] if end is None else end,
        target=target,
        batch_size=64,
        device=device_of(network),
        hypothetical=True,
        fast=False,
    )
    # tangermeme subtracts the mean over all four bases.
    return (effects * 4 / 3).float().cpu().numpy()
