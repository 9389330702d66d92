"""In-silico mutagenesis."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from tangermeme.saturation_mutagenesis import saturation_mutagenesis
from torch import nn

from noncoding.attribution.strands import BothStrands, device_of
from noncoding.models.forward_pass import exact_convolutions


def base_effects(
    network: nn.Module,
    sequences: npt.NDArray[np.uint8],
    target: int,
    start: int = 0,
    end: int | None = None,
) -> npt.NDArray[np.float32]:
    """In-silico mutagenesis of sequences for one target, see `base_effects_of_targets`.

    Returns
    -------
    numpy.ndarray, shape=(n, 4, end - start), dtype=float32
    """
    return base_effects_of_targets(network, sequences, [target], start, end)[0]


@exact_convolutions()
def base_effects_of_targets(
    network: nn.Module,
    sequences: npt.NDArray[np.uint8],
    targets: Sequence[int],
    start: int = 0,
    end: int | None = None,
) -> npt.NDArray[np.float32]:
    """In-silico mutagenesis of sequences or of a half-open interval of them (tangermeme).

    Returns
    -------
    numpy.ndarray, shape=(targets, n, 4, end - start), dtype=float32
        Logit with each base at each position, less the mean over the other three bases,
        averaged over both strands. For the base of the sequence, this is the mean decrease of
        the logit by a substitution.
    """
    found = saturation_mutagenesis(
        BothStrands(network),
        torch.from_numpy(np.ascontiguousarray(sequences)).float(),
        start=start,
        end=sequences.shape[-1] if end is None else end,
        func=lambda of_all: of_all[:, list(targets)],
        batch_size=64,
        device=device_of(network),
        raw_outputs=True,
        fast=False,
    )
    changes = found.y_hat - found.y0[:, None, None]
    # The mean over all four bases contains the base itself.
    effects = (changes - changes.mean(dim=1, keepdim=True)) * 4 / 3
    return effects.movedim(-1, 0).float().cpu().numpy()
