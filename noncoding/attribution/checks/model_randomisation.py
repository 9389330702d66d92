"""Model-randomisation test: whether maps depend on the learned weights."""

import copy
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from scipy.stats import spearmanr
from torch import nn

from noncoding.attribution.ensembles import members
from noncoding.models.ensemble import Ensemble
from noncoding.models.network import Network


def parts(network: Network) -> list[str]:
    """Parts of a network with weights, from the logits to the bases.

    The convolutional part is split into its children, and lists of blocks into blocks. The parts of
    an ensemble are those of its members together, see `_modules_of_parts`.
    """
    return list(_modules_of_parts(network))


def randomised(network: Network) -> Iterator[tuple[str, Network]]:
    """Cascading randomisation (Adebayo et al. 2018, arXiv:1810.03292).

    The values of each weight tensor are permuted, which keeps their distribution, part by part
    from the logits to the bases.

    Yields
    ------
    name : str
        The part that was randomised last.
    network : Network
        The same copy each time, with one more randomised part.
    """
    permuted = copy.deepcopy(network)
    generator = torch.Generator().manual_seed(1)
    for name, modules in _modules_of_parts(network).items():
        with torch.no_grad():
            for module in modules:
                for weights in permuted.get_submodule(module).parameters():
                    order = torch.randperm(weights.numel(), generator=generator)
                    weights.copy_(weights.flatten()[order.to(weights.device)].view_as(weights))
        yield name, permuted


def rank_correlations(
    first: npt.NDArray[np.floating], second: npt.NDArray[np.floating]
) -> npt.NDArray[np.float64]:
    """Spearman correlation of maps, shape=(n, positions), for each sequence, shape=(n,).

    0 if a map is constant or not finite.
    """
    found = np.zeros(len(first))
    for row, (one, other) in enumerate(zip(first, second, strict=True)):
        if all(np.isfinite(map_).all() and np.ptp(map_) > 0 for map_ in (one, other)):
            found[row] = spearmanr(one, other).statistic
    return found


def _modules_of_parts(network: Network) -> dict[str, list[str]]:
    """Part of a network → names of its modules, from the logits to the bases.

    A part of an ensemble has a module of each member. Members with fewer parts than others are
    spread over all parts, whose names are then those of the modules, such as "head + output".
    """
    if not isinstance(network, Ensemble):
        return {name: [name] for name in _parts_of_one(network)}
    every = [_parts_of_one(member) for member in members(network)]
    number = max(map(len, every))
    parts: dict[str, list[str]] = {}
    for step in range(number):
        names: list[str] = []
        modules: list[str] = []
        for member, own in enumerate(every):
            # With as many parts as steps, the part of the same number.
            first, end = (-(-len(own) * at // number) for at in (step, step + 1))
            names += own[first:end]
            modules += [f"members.{member}.{name}" for name in own[first:end]]
        parts[" + ".join(dict.fromkeys(names))] = modules
    return parts


def _parts_of_one(network: Network) -> list[str]:
    """Names of the parts of a single network, from the logits to the bases."""
    names: list[str] = []
    for name, child in network.named_children():
        names += _children(name, child) if name == network.convolutional_part else [name]
    return [name for name in names if list(network.get_submodule(name).parameters())][::-1]


def _children(name: str, module: nn.Module) -> list[str]:
    children = list(module.named_children())
    if not children or all(isinstance(child, nn.Identity) for _, child in children):
        return [name]
    names = []
    for child, inner in children:
        path = f"{name}.{child}"
        names += _children(path, inner) if isinstance(inner, nn.ModuleList) else [path]
    return names
