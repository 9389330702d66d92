"""The first-layer filter that contributes most to a target, and its sites."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from noncoding.attribution.gradcam import activation_and_gradient
from noncoding.attribution.gradients import shuffled
from noncoding.attribution.receptive_field import captured, layer_grid
from noncoding.attribution.strands import device_of
from noncoding.data.one_hot import reverse_complement
from noncoding.motifs.patterns import Pattern

_BATCH = 32
_ACTIVATION_SHARE = 0.5
"""Share of a filter's maximum activation from which a site is aligned (Kelley et al. 2016)."""


def first_layer(network: nn.Module) -> nn.Conv1d | None:
    """The first convolution wider than one base; None without any."""
    convolutions = (module for module in network.modules() if isinstance(module, nn.Conv1d))
    return next((layer for layer in convolutions if layer.kernel_size[0] > 1), None)


def strongest_filter(
    network: nn.Module, layer: nn.Conv1d, sequences: npt.NDArray[np.uint8], target: int
) -> Pattern | None:
    """The filter of the first layer that contributes most to a target, as a motif.

    The contribution of a filter is the product of gradient and activation, summed over the
    positions of both strands: the mean over the sequences, less that over shuffled ones. Its
    motif is aligned from the sites with more than half of its maximum activation; None without
    such sites. An embedding of single bases may precede the layer.
    """
    own = _contributions(network, layer, sequences, target)
    reference = _contributions(network, layer, shuffled(sequences, 1).numpy()[:, 0], target)
    best = int((own - reference).argmax())
    grid = layer_grid(network, layer, sequences.shape[-1])
    activations = _activations(network, layer, sequences, best)
    threshold = _ACTIVATION_SHARE * max(float(activations.max()), 0.0)
    strands = [sequences, np.ascontiguousarray(reverse_complement(sequences))]
    sites = []
    for one_hot, activation in zip(strands, activations, strict=True):
        rows, places = np.nonzero(activation > threshold)
        starts = grid.start + places * grid.step
        inside = (starts >= 0) & (starts + grid.width <= sequences.shape[-1])
        windows = np.lib.stride_tricks.sliding_window_view(one_hot, grid.width, axis=2)
        sites.append(windows[rows[inside], :, starts[inside]])
    aligned = np.concatenate(sites)
    if not len(aligned):
        return None
    counts = aligned.sum(axis=0, dtype=np.float64) + 0.25
    # The weights of the filter including the embedding: the gradient of one activation.
    given = torch.from_numpy(sequences[:1]).to(device_of(network)).float().requires_grad_()
    with captured(layer) as outputs:
        network(given)
        middle = grid.positions // 2
        [gradient] = torch.autograd.grad(outputs[0][0, best, middle], given)
    start = grid.start + middle * grid.step
    weights = gradient[0, :, start : start + grid.width].cpu().double().numpy()
    return Pattern(
        "first layer", f"filter {best}", len(aligned), counts / counts.sum(axis=0), weights
    )


def _contributions(
    network: nn.Module, layer: nn.Conv1d, sequences: npt.NDArray[np.uint8], target: int
) -> npt.NDArray[np.float64]:
    """Mean contribution of each filter, shape=(filters,)."""
    total = np.zeros(layer.out_channels)
    for strands in _batches(network, sequences):
        for one in strands:
            activation, gradient = activation_and_gradient(network, layer, one, target)
            total += (gradient * activation).sum(dim=(0, 2)).cpu().double().numpy()
    return total / len(sequences)


@torch.inference_mode()
def _activations(
    network: nn.Module, layer: nn.Conv1d, sequences: npt.NDArray[np.uint8], number: int
) -> npt.NDArray[np.float32]:
    """Activations of a filter on both strands, shape=(2, n, positions)."""
    found: list[list[torch.Tensor]] = [[], []]
    for strands in _batches(network, sequences):
        for of_strand, one in zip(found, strands, strict=True):
            with captured(layer) as outputs:
                network(one)
            of_strand.append(outputs[0][:, number].float().cpu())
    return torch.stack([torch.cat(of_strand) for of_strand in found]).numpy()


def _batches(
    network: nn.Module, sequences: npt.NDArray[np.uint8]
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Batches of sequences and of their reverse complements, on the network's device."""
    for batch in torch.from_numpy(np.ascontiguousarray(sequences)).split(_BATCH):
        given = batch.to(device_of(network)).float()
        yield given, reverse_complement(given)
