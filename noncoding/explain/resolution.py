"""How finely a layer sees: its positions, and the bases that each looks at."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from noncoding.explain.gradcam import captured
from noncoding.explain.strands import device_of

SHARE = 0.95
"""Of the influence of all bases, which the receptive field holds."""


class Resolution(NamedTuple):
    """What a value of a map stands for.

    Attributes
    ----------
    positions : int
        Values of a map.
    step : float
        bp from one value to the next.
    receptive_field : int
        bp that a position looks at.
    """

    positions: int
    step: float
    receptive_field: int


def resolution(
    network: nn.Module, layer: nn.Module, sequences: npt.NDArray[np.uint8]
) -> Resolution:
    """Measure the resolution of a layer.

    The receptive field is the effective one (Luo et al. 2016, arXiv:1701.04128): the
    least span around the layer's middle position that holds `SHARE` of the gradient of
    that position by the bases. The theoretical one is the whole sequence wherever a gate
    sees the mean of all positions.

    Parameters
    ----------
    network : torch.nn.Module
        In evaluation mode; the weights' device is used.
    layer : torch.nn.Module
        Output of shape (batch, channels, positions).
    sequences : numpy.ndarray, shape=(n, 4, length)
        A few, to measure on.

    Returns
    -------
    Resolution
    """
    given = torch.as_tensor(sequences, dtype=torch.float32, device=device_of(network))
    given = given.clone().requires_grad_()
    with captured(layer) as outputs:
        network(given)
        [activation] = outputs
    positions, length = activation.shape[-1], given.shape[-1]
    [gradient] = torch.autograd.grad(activation[:, :, positions // 2].sum(), given)
    influence = gradient.abs().sum(dim=(0, 1)).double().cpu().numpy()
    centre = int((positions // 2 + 0.5) * length / positions)
    distance = np.abs(np.arange(length) - centre)
    within = np.bincount(distance, weights=influence).cumsum()
    reach = int(np.searchsorted(within, SHARE * within[-1]))
    return Resolution(positions, length / positions, min(2 * reach + 1, length))
