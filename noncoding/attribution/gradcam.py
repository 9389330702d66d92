"""Grad-CAM and HiResCAM for sequences, strand-aware."""

from collections.abc import Callable, Mapping

import torch
from torch import nn

from noncoding.attribution.grid import Grid, captured
from noncoding.attribution.strands import without_cudnn
from noncoding.common.errors import InputError
from noncoding.data.one_hot import reverse_complement


def gradcam(activation: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    """Grad-CAM of a layer (Selvaraju et al. 2017, equations 1 and 2).

    ``ReLU(Σ_c α_c A_c)``, where ``α_c`` is the mean gradient of channel ``c``.

    Parameters
    ----------
    activation, gradient : torch.Tensor, shape=(batch, channels, positions)
        Of the layer, and of the target's logit by the layer.

    Returns
    -------
    torch.Tensor, shape=(batch, positions)
    """
    weights = gradient.mean(dim=-1, keepdim=True)
    return (weights * activation).sum(dim=1).relu()


def hirescam(activation: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    """HiResCAM of a layer (Draelos & Carin 2020, arXiv:2011.08891), with Grad-CAM's ReLU.

    ``ReLU(Σ_c G_c ⊙ A_c)``: the gradient of each position weighs that position
    alone. With a head that treats positions differently, Grad-CAM's mean gradient
    can point to places that the network did not use; this does not.

    Parameters
    ----------
    activation, gradient : torch.Tensor, shape=(batch, channels, positions)
        Of the layer, and of the target's logit by the layer.

    Returns
    -------
    torch.Tensor, shape=(batch, positions)
    """
    return (gradient * activation).sum(dim=1).relu()


def named_layer(network: nn.Module, name: str, trunk: str = "") -> nn.Module:
    """A layer by its name.

    Parameters
    ----------
    network : torch.nn.Module
    name : str
    trunk : str
        Name of the convolutional part, whose layers alone give maps along the
        sequence; by default the whole network.

    Raises
    ------
    InputError
        There is no such layer.
    """
    layers = {
        layer: module
        for layer, module in network.named_modules()
        if layer and layer.startswith(trunk)
    }
    if name not in layers:
        some = [layer for layer in layers if layer.count(".") <= 2]
        raise InputError(
            "configuration, key explain.layer",
            repr(name),
            f"a convolutional layer of {type(network).__name__}, e.g. {', '.join(some[:12])}",
            "Correct the name, or set null for the model's own choice.",
        )
    return layers[name]


def strand_averaged_maps(
    network: nn.Module,
    layer: nn.Module,
    sequences: torch.Tensor,
    target: int,
    methods: Mapping[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]],
    grid: Grid,
) -> dict[str, torch.Tensor]:
    """Maps of the logit of a target over the bases, averaged over both strands.

    All methods share one forward and one backward pass a strand.

    Parameters
    ----------
    network : torch.nn.Module
        In evaluation mode.
    layer : torch.nn.Module
        A layer of it whose output has the shape (batch, channels, positions).
    sequences : torch.Tensor, shape=(batch, 4, length), dtype=float
    target : int
        Index of the logit.
    methods : mapping
        Name → what makes a map from activation and gradient, as `gradcam` does.
    grid : Grid
        Positions of the layer.

    Returns
    -------
    dict of torch.Tensor, shape=(batch, length)
        Each strand's map is laid out over its own bases; then that of the reverse
        complement is flipped and averaged in. Positions of the two strands need not lie
        at the same bases: pooling, strides and missing padding can leave out the end of
        a strand.
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
    """Activation of a layer, and gradient of the logit of a target by it.

    Parameters
    ----------
    network, layer, sequences, target
        As of `strand_averaged_maps`.

    Returns
    -------
    pair of torch.Tensor, shape=(batch, channels, positions)
    """
    with captured(layer) as outputs, without_cudnn(network):
        # Rows do not depend on each other, so one backward pass serves all.
        logit = network(sequences)[:, target].sum()
        [activation] = outputs
        [gradient] = torch.autograd.grad(logit, activation)
    return activation.detach(), gradient
