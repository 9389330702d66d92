"""Ensembles in attribution: their maps are the mean of those of their members."""

from collections.abc import Iterator

import torch
from torch import nn

from noncoding.models.ensemble import Ensemble
from noncoding.models.network import Network


class _MeanLogits(nn.Module):
    """Mean of the logits of an ensemble's members, whatever the ensemble itself averages."""

    def __init__(self, ensemble: Ensemble) -> None:
        super().__init__()
        self.ensemble = ensemble

    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        return self.ensemble.mean_logits(sequences)


def explained(network: nn.Module) -> nn.Module:
    """The network whose logits are explained.

    Of an ensemble, it gives the mean of the members' logits. Attributions to its input are then the
    mean of the members' attributions, also where the ensemble averages probabilities.
    """
    return _MeanLogits(network) if isinstance(network, Ensemble) else network


def members(network: Network) -> list[Network]:
    """The members of an ensemble; any other network is its only member."""
    return network.networks if isinstance(network, Ensemble) else [network]


def with_layers(network: nn.Module, layer: nn.Module) -> Iterator[tuple[nn.Module, nn.Module]]:
    """Each member of an ensemble with its layer; of another network, both as they are given.

    The layer of an ensemble is a `torch.nn.ModuleList` of those of its members, see
    `noncoding.attribution.gradcam.layer_of`.
    """
    if isinstance(network, Ensemble):
        assert isinstance(layer, nn.ModuleList)
        yield from zip(network.networks, layer, strict=True)
    else:
        yield network, layer
