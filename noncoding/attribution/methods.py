"""Attribution methods, by their names in the configuration."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from noncoding.attribution.ensembles import with_layers
from noncoding.attribution.gradcam import (
    gradcam,
    hirescam,
    layer_names,
    layer_of,
    strand_averaged_maps,
)
from noncoding.attribution.gradients import corrected_gradient, deeplift_shap, integrated_gradients
from noncoding.attribution.in_silico_mutagenesis import base_effects
from noncoding.attribution.receptive_field import layer_grid
from noncoding.attribution.strands import device_of
from noncoding.common.errors import InputError
from noncoding.models.forward_pass import exact_convolutions
from noncoding.models.network import Network

_BATCH = 32
_FAST = 3
"""Maximum number of forward passes of a fast method."""


class LayerMethod(NamedTuple):
    """A method for a convolutional layer, with one non-negative value per position.

    `passes` is the approximate number of forward passes per sequence and strand; a backward
    pass counts as two. `compute` takes activation and gradient, shape=(batch, channels,
    positions), and returns maps, shape=(batch, positions).
    """

    title: str
    passes: int
    compute: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class BaseMethod(NamedTuple):
    """A method for the input, with one signed value per base.

    `compute` takes network, sequences and target, and returns hypothetical contributions,
    shape=(n, 4, length).
    """

    title: str
    passes: int
    compute: Callable[[nn.Module, npt.NDArray[np.uint8], int], npt.NDArray[np.float32]]


METHODS: dict[str, LayerMethod | BaseMethod] = {
    "gradcam": LayerMethod("Grad-CAM", 3, gradcam),
    "hirescam": LayerMethod("HiResCAM", 3, hirescam),
    "gradient": BaseMethod("Gradient × input", 3, corrected_gradient),
    "integrated_gradients": BaseMethod("Integrated gradients", 300, integrated_gradients),
    "deeplift_shap": BaseMethod("DeepLIFT/SHAP", 100, deeplift_shap),
    "mutagenesis": BaseMethod("In-silico mutagenesis", 3000, base_effects),
}


def applicable_methods(
    network: Network, methods: Sequence[str], layer: str | None
) -> tuple[list[str], str, list[str]]:
    """Methods that can be applied to a network, the name of their layer, and messages.

    The layer is that of the network by default, and may be another one for each member of an
    ensemble, see `layer_names`. If it is unsuitable, its name is empty and methods for a layer are
    omitted; raises `InputError` if no method is left.
    """
    name = layer_names(network, layer)
    try:
        found = layer_of(network, name, convolutional=True)
        for of_network, module in with_layers(network, found):
            layer_grid(of_network, module, network.config.length)
    except InputError as error:
        left = [method for method in methods if isinstance(METHODS[method], BaseMethod)]
        if not left:
            raise InputError(
                "configuration, key explain.methods",
                f"only methods for a layer, with an unsuitable layer ({error})",
                "a suitable layer, or a method for bases",
                "Set 'layer' to null for the model's default.",
            ) from error
        return left, "", [f"{error} Methods for a layer are omitted."]
    return list(methods), name, []


@exact_convolutions()
def attribute(
    methods: Sequence[str],
    network: nn.Module,
    layer: nn.Module | None,
    sequences: npt.NDArray[np.uint8],
    target: int,
    n_slow: int | None = None,
) -> dict[str, npt.NDArray[np.float32]]:
    """Maps of sequences for a target, averaged over both strands.

    Parameters
    ----------
    methods : sequence of str
        Keys of `METHODS`.
    layer : torch.nn.Module or None
        For methods for a layer, see `layer_grid` for its requirements; of an ensemble, a
        `torch.nn.ModuleList` with that of each member.
    n_slow : int, optional
        Number of sequences for methods that need many forward passes; all by default.

    Returns
    -------
    dict of numpy.ndarray, shape=(n, length), dtype=float32
        Values of a layer are expanded to bases by `Grid.per_base`. Maps of an ensemble are the mean
        of those of its members.
    """
    maps: dict[str, npt.NDArray[np.float32]] = {}
    of_layer = {
        name: method.compute for name in methods if isinstance(method := METHODS[name], LayerMethod)
    }
    if of_layer and layer is not None:
        every = [
            _layer_maps(of_layer, *each, sequences, target) for each in with_layers(network, layer)
        ]
        for name in of_layer:
            maps[name] = torch.stack([of_member[name] for of_member in every]).mean(dim=0).numpy()
    for name in methods:
        method = METHODS[name]
        if isinstance(method, BaseMethod):
            given = sequences if method.passes <= _FAST else sequences[:n_slow]
            maps[name] = (method.compute(network, given, target) * given).sum(axis=1)
    return {name: maps[name] for name in methods if name in maps}


def _layer_maps(
    methods: Mapping[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]],
    network: nn.Module,
    layer: nn.Module,
    sequences: npt.NDArray[np.uint8],
    target: int,
) -> dict[str, torch.Tensor]:
    """Maps of one network by methods for a layer, shape=(n, length), dtype=float32, on the CPU."""
    device = device_of(network)
    grid = layer_grid(network, layer, sequences.shape[-1])
    batches = [
        strand_averaged_maps(network, layer, batch.to(device).float(), target, methods, grid)
        for batch in torch.from_numpy(np.ascontiguousarray(sequences)).split(_BATCH)
    ]
    return {name: torch.cat([batch[name] for batch in batches]).float().cpu() for name in methods}
