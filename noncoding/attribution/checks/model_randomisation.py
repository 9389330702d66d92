"""Whether a map changes when the network forgets what it has learned."""

import copy
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from scipy.stats import spearmanr
from torch import nn

from noncoding.models.network import Network


def parts(network: Network) -> list[str]:
    """Parts of a network that hold weights, from the logits to the bases.

    The convolutional part is taken apart into its own parts, block by block.
    """
    names: list[str] = []
    for name, child in network.named_children():
        names += _within(name, child) if name == network.convolutional_part else [name]
    return [name for name in names if list(network.get_submodule(name).parameters())][::-1]


def randomised(network: Network, seed: int = 1) -> Iterator[tuple[str, Network]]:
    """Copies of a network that have forgotten more and more.

    The weights of one part after the other are put into random order, each tensor
    within itself, so that their distribution stays: cascading randomisation (Adebayo et
    al. 2018, arXiv:1810.03292), from the logits down to the bases.

    Parameters
    ----------
    network : Network
    seed : int

    Yields
    ------
    name : str
        The part that was randomised last.
    network : Network
        The same copy each time, with one more part randomised.
    """
    forgetful = copy.deepcopy(network)
    generator = torch.Generator().manual_seed(seed)
    for name in parts(network):
        with torch.no_grad():
            for weights in forgetful.get_submodule(name).parameters():
                order = torch.randperm(weights.numel(), generator=generator)
                weights.copy_(weights.flatten()[order.to(weights.device)].view_as(weights))
        yield name, forgetful


def rank_correlations(
    first: npt.NDArray[np.floating], second: npt.NDArray[np.floating]
) -> npt.NDArray[np.float64]:
    """Spearman's correlation of maps, sequence by sequence.

    Parameters
    ----------
    first, second : numpy.ndarray, shape=(n, positions)

    Returns
    -------
    numpy.ndarray, shape=(n,), dtype=float64
        Zero where a map is flat or not finite: it says nothing of the other.
    """
    found = np.zeros(len(first))
    for row, (one, other) in enumerate(zip(first, second, strict=True)):
        if all(np.isfinite(map_).all() and np.ptp(map_) > 0 for map_ in (one, other)):
            found[row] = spearmanr(one, other).statistic
    return found


def _within(name: str, module: nn.Module) -> list[str]:
    """Parts of the convolutional part: its children, and lists of blocks one by one."""
    children = list(module.named_children())
    if not children or all(isinstance(child, nn.Identity) for _, child in children):
        return [name]
    names = []
    for child, inner in children:
        path = f"{name}.{child}"
        names += _within(path, inner) if isinstance(inner, nn.ModuleList) else [path]
    return names
