"""The methods of attribution, by the names that a configuration uses."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from noncoding.attribution.gradcam import gradcam, hirescam, strand_averaged_maps
from noncoding.attribution.gradients import corrected_gradient, deeplift_shap, integrated_gradients
from noncoding.attribution.grid import layer_grid
from noncoding.attribution.mutagenesis import base_effects
from noncoding.attribution.strands import device_of

_BATCH = 32


class LayerMethod(NamedTuple):
    """A method that reads a convolutional layer: one value for each of its positions.

    Attributes
    ----------
    title : str
    passes : int
        Forward passes that a sequence takes on each strand, about; a backward pass counts
        as two.
    compute : callable
        Activation and gradient, shape=(batch, channels, positions), to a map, (batch,
        positions), that is nowhere negative.
    """

    title: str
    passes: int
    compute: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


class BaseMethod(NamedTuple):
    """A method with a value for each base, negative where it speaks against the target.

    Attributes
    ----------
    title : str
    passes : int
        As of `LayerMethod`.
    compute : callable
        Network, sequences of shape (n, 4, length) and target to what each base would
        contribute in each place, shape=(n, 4, length).
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


def attribute(
    methods: Sequence[str],
    network: nn.Module,
    layer: nn.Module | None,
    sequences: npt.NDArray[np.uint8],
    target: int,
) -> dict[str, npt.NDArray[np.float32]]:
    """Maps of sequences for a target, strand-averaged.

    Parameters
    ----------
    methods : sequence of str
        Keys of `METHODS`.
    network : torch.nn.Module
        In evaluation mode; the weights' device is used.
    layer : torch.nn.Module or None
        A layer of it, for the methods that read one.
    sequences : numpy.ndarray, shape=(n, 4, length), dtype=uint8
    target : int
        Index of the logit.

    Returns
    -------
    dict of numpy.ndarray, shape=(n, length), dtype=float32
        Values of a layer are laid out over the bases, see
        `noncoding.attribution.grid.Grid.per_base`.

    Raises
    ------
    InputError
        The layer has no positions along the sequence.
    """
    of_layer = {
        name: method.compute for name in methods if isinstance(method := METHODS[name], LayerMethod)
    }
    maps: dict[str, npt.NDArray[np.float32]] = {}
    if of_layer and layer is not None:
        where = device_of(network)
        grid = layer_grid(network, layer, sequences.shape[-1])
        parts = [
            strand_averaged_maps(network, layer, batch.to(where).float(), target, of_layer, grid)
            for batch in torch.from_numpy(np.ascontiguousarray(sequences)).split(_BATCH)
        ]
        for name in of_layer:
            maps[name] = torch.cat([part[name] for part in parts]).float().cpu().numpy()
    for name in methods:
        method = METHODS[name]
        if isinstance(method, BaseMethod):
            hypothetical = method.compute(network, sequences, target)
            maps[name] = (hypothetical * sequences).sum(axis=1)
    return {name: maps[name] for name in methods if name in maps}


def titles() -> dict[str, str]:
    """Name → title, of all `METHODS`."""
    return {name: method.title for name, method in METHODS.items()}
