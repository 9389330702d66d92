"""Grad-CAM for sequences, strand-aware."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import nn

from noncoding.alphabet import reverse_complement
from noncoding.errors import InputError


class Attribution(NamedTuple):
    """What drove the logit of one target, for a batch of sequences.

    Attributes
    ----------
    gradcam : torch.Tensor, shape=(batch, positions), dtype=float32
        At the resolution of the layer; zero or more.
    contribution : torch.Tensor, shape=(batch, length), dtype=float32
        Corrected gradient at each base that stands in the sequence.
    """

    gradcam: torch.Tensor
    contribution: torch.Tensor


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


def contribution(sequences: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
    """Gradient at the bases that are there, less its mean over the four bases.

    One-hot sequences lie on a simplex; the gradient's component off it says
    nothing about them (Majdandzic et al. 2023).

    Parameters
    ----------
    sequences, gradient : torch.Tensor, shape=(batch, 4, length)

    Returns
    -------
    torch.Tensor, shape=(batch, length)
    """
    return ((gradient - gradient.mean(dim=1, keepdim=True)) * sequences).sum(dim=1)


def named_layer(network: nn.Module, name: str) -> nn.Module:
    """A layer by its name.

    Raises
    ------
    InputError
        There is no such layer.
    """
    layers = dict(network.named_modules())
    if name not in layers:
        some = [layer for layer in layers if layer.count(".") <= 1 and layer]
        raise InputError(
            "configuration, key explain.layer",
            repr(name),
            f"a layer of {type(network).__name__}, e.g. {', '.join(some)}",
            "Correct the name, or set null for the model's own choice.",
        )
    return layers[name]


def explain_target(
    network: nn.Module, layer: nn.Module, sequences: torch.Tensor, target: int
) -> Attribution:
    """Attribution to both strands, averaged.

    Parameters
    ----------
    network : torch.nn.Module
        In evaluation mode.
    layer : torch.nn.Module
        A layer of it whose output has the shape (batch, channels, positions).
    sequences : torch.Tensor, shape=(batch, 4, length), dtype=float
    target : int
        Index of the logit.

    Returns
    -------
    Attribution
        The map of the reverse complement is flipped before it is averaged in.
    """
    forward = _one_strand(network, layer, sequences, target)
    reverse = _one_strand(network, layer, reverse_complement(sequences), target)
    return Attribution(
        *((one + other.flip(-1)) / 2 for one, other in zip(forward, reverse, strict=True))
    )


def _one_strand(
    network: nn.Module, layer: nn.Module, sequences: torch.Tensor, target: int
) -> Attribution:
    sequences = sequences.detach().clone().requires_grad_()
    with _captured(layer) as outputs:
        # Rows do not depend on each other, so one backward pass serves all.
        logit = network(sequences)[:, target].sum()
        [activation] = outputs
        by_layer, by_input = torch.autograd.grad(logit, [activation, sequences])
    return Attribution(
        gradcam(activation.detach(), by_layer), contribution(sequences.detach(), by_input)
    )


@contextmanager
def _captured(layer: nn.Module) -> Iterator[list[torch.Tensor]]:
    outputs: list[torch.Tensor] = []
    handle = layer.register_forward_hook(lambda _module, _inputs, output: outputs.append(output))
    try:
        yield outputs
    finally:
        handle.remove()
