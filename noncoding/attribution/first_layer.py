"""The first layer: the filter that weighs most for a target."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from noncoding.attribution.gradcam import activation_and_gradient
from noncoding.attribution.gradients import shuffled
from noncoding.attribution.grid import Grid, captured, layer_grid
from noncoding.attribution.strands import device_of
from noncoding.data.one_hot import reverse_complement
from noncoding.motifs.patterns import Pattern

_BATCH = 32
_OF_MAXIMUM = 0.5
"""Share of a filter's strongest answer from which on a site is aligned (Kelley et al. 2016)."""


def first_layer(network: nn.Module) -> nn.Conv1d | None:
    """The first convolution that sees more than one base at a time; None if there is none."""
    convolutions = (module for module in network.modules() if isinstance(module, nn.Conv1d))
    return next((layer for layer in convolutions if layer.kernel_size[0] > 1), None)


def strongest_filter(
    network: nn.Module, layer: nn.Conv1d, sequences: npt.NDArray[np.uint8], target: int
) -> Pattern | None:
    """The filter of the first layer that weighs most for a target, as a motif.

    A filter's weight is its gradient times its answer, summed over the positions of both
    strands: in the mean over the sequences, less that over shuffled versions of them.
    Its motif is what the sites have in common at which it answers with more than half of
    its maximum.

    Parameters
    ----------
    network : torch.nn.Module
        In evaluation mode; the weights' device is used.
    layer : torch.nn.Conv1d
        Of the network, as `first_layer` finds it. Between it and the bases may lie an
        embedding of single bases.
    sequences : numpy.ndarray, shape=(n, 4, length)
        Positives.
    target : int
        Index of the logit.

    Returns
    -------
    Pattern or None
        None where no site excites the filter.
    """
    own = _weights(network, layer, sequences, target)
    others = _weights(network, layer, shuffled(sequences, 1).numpy()[:, 0], target)
    best = int((own - others).argmax())
    grid = layer_grid(network, layer, sequences.shape[-1])
    windows = _sites(grid, sequences, _answers(network, layer, sequences, best))
    if not len(windows):
        return None
    counts = windows.sum(axis=0, dtype=np.float64)
    return Pattern(
        view="first layer",
        name=f"filter {best}",
        seqlets=len(windows),
        frequencies=(counts + 0.25) / (counts + 0.25).sum(axis=0),
        contributions=_kernel(network, layer, grid, sequences[:1], best),
    )


def _weights(
    network: nn.Module, layer: nn.Conv1d, sequences: npt.NDArray[np.uint8], target: int
) -> npt.NDArray[np.float64]:
    """Mean weight of each filter, shape=(filters,)."""
    weights = np.zeros(layer.out_channels)
    for strands in _batches(network, sequences):
        for one in strands:
            answer, gradient = activation_and_gradient(network, layer, one, target)
            weights += (gradient * answer).sum(dim=(0, 2)).cpu().double().numpy()
    return weights / len(sequences)


@torch.inference_mode()
def _answers(
    network: nn.Module, layer: nn.Conv1d, sequences: npt.NDArray[np.uint8], number: int
) -> npt.NDArray[np.float32]:
    """Answers of a filter, shape=(2, n, positions): forward, and reverse in its own direction."""
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
    """Batches of sequences, on the network's device, and their reverse complements."""
    for batch in torch.from_numpy(np.ascontiguousarray(sequences)).split(_BATCH):
        given = batch.to(device_of(network)).float()
        yield given, reverse_complement(given)


def _kernel(
    network: nn.Module,
    layer: nn.Conv1d,
    grid: Grid,
    sequence: npt.NDArray[np.uint8],
    number: int,
) -> npt.NDArray[np.float64]:
    """What each base adds to a filter's answer, shape=(4, width), embedding included."""
    given = torch.from_numpy(sequence).to(device_of(network)).float().requires_grad_()
    with captured(layer) as outputs:
        network(given)
        [answer] = outputs
        middle = grid.positions // 2
        [gradient] = torch.autograd.grad(answer[0, number, middle], given)
    start = grid.start + middle * grid.step
    return gradient[0, :, start : start + grid.width].cpu().double().numpy()


def _sites(
    grid: Grid, sequences: npt.NDArray[np.uint8], answers: npt.NDArray[np.float32]
) -> npt.NDArray[np.uint8]:
    """Windows that excite a filter, shape=(sites, 4, width), as the filter reads them."""
    width, length = grid.width, sequences.shape[-1]
    strands = [sequences, np.ascontiguousarray(sequences[:, ::-1, ::-1])]
    threshold = _OF_MAXIMUM * max(float(answers.max()), 0.0)
    found = [np.empty((0, 4, width), np.uint8)]
    for strand, one_hot in enumerate(strands):
        rows, places = np.nonzero(answers[strand] > threshold)
        starts = grid.start + places * grid.step
        inside = (starts >= 0) & (starts + width <= length)
        windows = np.lib.stride_tricks.sliding_window_view(one_hot, width, axis=2)
        found.append(windows[rows[inside], :, starts[inside]])
    return np.concatenate(found)
