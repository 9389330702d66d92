"""Grad-CAM and HiResCAM, averaged over both strands."""

from collections.abc import Callable, Mapping

import torch
from torch import nn

from noncoding.attribution.ensembles import members
from noncoding.attribution.receptive_field import Grid, captured
from noncoding.attribution.strands import without_cudnn
from noncoding.common.errors import InputError
from noncoding.data.one_hot import reverse_complement
from noncoding.models.ensemble import Ensemble
from noncoding.models.network import Network

_SEPARATOR = ", "


def gradcam(activation: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    """Grad-CAM (Selvaraju et al. 2017, equations 1 and 2).

    ``ReLU(Σ_c α_c A_c)``, where ``α_c`` is the mean gradient of channel ``c``.

    Activation of the layer and gradient of the logit, shape=(batch, channels, positions), give
    maps of shape (batch, positions).
    """
    weights = gradient.mean(dim=-1, keepdim=True)
    return (weights * activation).sum(dim=1).relu()


def hirescam(activation: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    """HiResCAM (Draelos & Carin 2020, arXiv:2011.08891) with the ReLU of Grad-CAM.

    ``ReLU(Σ_c G_c ⊙ A_c)``: each position is weighted by its own gradient. If the head treats
    positions differently, Grad-CAM's mean gradient can highlight positions that the network
    did not use; HiResCAM cannot.
    """
    return (gradient * activation).sum(dim=1).relu()


def named_layer(network: nn.Module, name: str, part: str = "") -> nn.Module:
    """A layer of a network, or of one part of it; raises `InputError` for an unknown name."""
    layers = {
        layer: module
        for layer, module in network.named_modules()
        if layer and layer.startswith(part)
    }
    if name not in layers:
        some = [layer for layer in layers if layer.count(".") <= 2]
        raise InputError(
            "configuration, key explain.layer",
            repr(name),
            f"a convolutional layer of {type(network).__name__}, e.g. {', '.join(some[:12])}",
            "Correct the name, or set null for the model's default.",
        )
    return layers[name]


def layer_names(network: Network, name: str | None) -> str:
    """Name of a layer for Grad-CAM, by default that of the network.

    Of an ensemble, the layers of its members, separated by ", "; one name if all have the same.
    """
    names = [name or member.gradcam_layer for member in members(network)]
    return names[0] if len(set(names)) == 1 else _SEPARATOR.join(names)


def layer_of(network: Network, name: str, *, convolutional: bool = False) -> nn.Module:
    """The layer of a name from `layer_names`; of an ensemble, a `torch.nn.ModuleList` of layers.

    Parameters
    ----------
    convolutional : bool
        Look only in the convolutional part of the network.

    Raises
    ------
    InputError
        The network, or a member, has no such layer.
    """
    networks = members(network)
    names = name.split(_SEPARATOR) if len(networks) > 1 else [name]
    if len(names) == 1:
        names *= len(networks)
    layers = [
        named_layer(each, own, each.convolutional_part if convolutional else "")
        for each, own in zip(networks, names, strict=True)
    ]
    return nn.ModuleList(layers) if isinstance(network, Ensemble) else layers[0]


def strand_averaged_maps(
    network: nn.Module,
    layer: nn.Module,
    sequences: torch.Tensor,
    target: int,
    methods: Mapping[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]],
    grid: Grid,
) -> dict[str, torch.Tensor]:
    """Maps of a target's logit along the bases, averaged over both strands.

    All methods, functions like `gradcam`, share one forward and one backward pass per strand.
    Sequences are on the network's device, dtype=float. Maps have the shape (batch, length): that
    of each strand is expanded to its bases before averaging, because positions on the two
    strands can cover different bases.
    """
    length = sequences.shape[-1]
    forward = activation_and_gradient(network, layer, sequences, target)
    reverse = activation_and_gradient(network, layer, reverse_complement(sequences), target)
    return {
        name: (
            grid.per_base(method(*forward), length)
            + grid.per_base(method(*reverse), length).flip(-1)
        )
        / 2
        for name, method in methods.items()
    }


def activation_and_gradient(
    network: nn.Module, layer: nn.Module, sequences: torch.Tensor, target: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Activation of a layer, and gradient of a target's logit with respect to it.

    Both have the shape (batch, channels, positions).
    """
    with captured(layer) as outputs, without_cudnn(network):
        # Also with weights that need no gradient, that of the activation is computed.
        sequences = sequences.detach().clone().requires_grad_()
        # Sequences are independent, so one backward pass suffices.
        logit = network(sequences)[:, target].sum()
        [activation] = outputs
        [gradient] = torch.autograd.grad(logit, activation)
    return activation.detach(), gradient
