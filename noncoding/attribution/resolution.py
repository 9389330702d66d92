"""How finely a layer sees: its positions, and the bases that influence each."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from noncoding.attribution.grid import Grid, captured, layer_grid
from noncoding.attribution.strands import device_of

SHARE = 0.95
"""Of the influence of all bases, which the receptive field holds."""


class Resolution(NamedTuple):
    """What a value of a layer's map stands for.

    Attributes
    ----------
    grid : Grid
        Positions of the layer.
    receptive_field : int
        bp that influence a position, the effective receptive field.
    """

    grid: Grid
    receptive_field: int


def resolution(
    network: nn.Module, layer: nn.Module, sequences: npt.NDArray[np.uint8]
) -> Resolution:
    """Measure the resolution of a layer.

    The receptive field is the effective one (Luo et al. 2016, arXiv:1701.04128): the
    shortest span around the centre of the layer's middle position that holds `SHARE` of
    the gradient of that position by the bases. The theoretical one is the whole sequence
    wherever a gate sees the mean of all positions.

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
    length = given.shape[-1]
    grid = layer_grid(network, layer, length)
    middle = grid.positions // 2
    [gradient] = torch.autograd.grad(activation[:, :, middle].sum(), given)
    # Not every device has float64.
    influence = gradient.abs().sum(dim=(0, 1)).cpu().double().numpy()
    distance = np.abs(np.arange(length) - (grid.first_centre + middle * grid.step))
    order = np.argsort(distance, kind="stable")
    within = influence[order].cumsum()
    farthest = distance[order[np.searchsorted(within, SHARE * within[-1])]]
    return Resolution(grid, min(int(2 * farthest) + 1, length))
