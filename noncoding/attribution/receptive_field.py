"""Receptive fields: which bases each position of a layer depends on."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from noncoding.attribution.ensembles import with_layers
from noncoding.attribution.strands import device_of
from noncoding.common.errors import InputError
from noncoding.models.ensemble import Ensemble

_WINDOWED = {
    "conv": ("input", "weight", "bias", "stride", "padding", "dilation"),
    "max_pool": ("input", "kernel_size", "stride", "padding", "dilation"),
    "avg_pool": ("input", "kernel_size", "stride", "padding"),
    "pad": ("input", "pad"),
}
"""Functions along the last axis, without the suffixes 1d and 2d, and their first parameters."""
_REORDERING = {
    "flip", "roll", "sort", "gather", "index_select", "transpose", "swapaxes", "swapdims",
    "permute", "movedim", "moveaxis", "t", "view", "reshape", "matmul", "__matmul__", "bmm",
    "einsum", "linear", "cumsum", "interpolate", "scaled_dot_product_attention", "__get__",
    "__getitem__",
}  # fmt: skip
"""Functions whose result may have other positions along a last axis of the same length."""
_SHARE = 0.95
"""Share of the influence of all bases within the effective receptive field."""


class Grid(NamedTuple):
    """Positions along a sequence, each of which sees a window of bases.

    Position ``p`` sees ``width`` bases from ``start + p * step``. With padding, the windows of
    the first and last positions extend beyond the sequence.

    Attributes
    ----------
    positions : int
    start, step, width : int
        In bp; ``width`` is the theoretical receptive field.
    """

    positions: int
    start: int
    step: int
    width: int

    @property
    def first_centre(self) -> float:
        """Centre of the window of the first position, in bp from the first base."""
        return self.start + (self.width - 1) / 2

    def nearest(self, length: int) -> torch.Tensor:
        """Position with the nearest centre for each base, shape=(length,), dtype=int64.

        -1 for a base more than half a step from every centre. Of two positions at the same
        distance, the later one.
        """
        doubled = 2 * torch.arange(length) - round(2 * self.first_centre) + self.step
        place = doubled.div(2 * self.step, rounding_mode="floor")
        return place.where((place >= 0) & (place < self.positions), -1)

    def per_base(self, maps: torch.Tensor, length: int) -> torch.Tensor:
        """Values of the positions, shape=(..., positions), for each base, (..., length).

        A base has the value of its `nearest` position, without interpolation, and 0 if there
        is none.
        """
        place = self.nearest(length).to(maps.device)
        return maps[..., place.clamp(min=0)] * (place >= 0)

    def after(
        self, positions: int, kernel: int, stride: int, padding: int, dilation: int = 1
    ) -> "Grid":
        """Grid of a convolution or pooling, whose padding is that before the first position.

        Araujo et al. 2019 (doi:10.23915/distill.00021), equations 2 to 4.
        """
        return Grid(
            positions,
            self.start - padding * self.step,
            self.step * stride,
            self.width + (kernel - 1) * dilation * self.step,
        )

    def union(self, other: "Grid") -> "Grid | None":
        """Grid whose windows cover those of both; None if the positions differ."""
        if (self.positions, self.step) != (other.positions, other.step):
            return None
        start = min(self.start, other.start)
        end = max(self.start + self.width, other.start + other.width)
        return Grid(self.positions, start, self.step, end - start)


class Resolution(NamedTuple):
    """Positions of a layer, and their effective receptive field in bp."""

    grid: Grid
    receptive_field: int


@contextmanager
def captured(layer: nn.Module) -> Iterator[list[torch.Tensor]]:
    """Outputs of a layer while the body runs the network, one for each call."""
    outputs: list[torch.Tensor] = []
    handle = layer.register_forward_hook(lambda _module, _inputs, output: outputs.append(output))
    try:
        yield outputs
    finally:
        handle.remove()


def layer_resolution(
    network: nn.Module, layer: nn.Module, sequences: npt.NDArray[np.uint8]
) -> Resolution:
    """Measure the resolution of a layer on a few sequences, shape=(n, 4, length).

    The effective receptive field (Luo et al. 2016, arXiv:1701.04128) is the shortest window
    around the centre of the middle position that has 95 % of that position's gradient with
    respect to the bases. The theoretical one is the whole sequence if a gate sees the mean of
    all positions. Of an ensemble, the resolution of the coarsest layer.
    """
    if isinstance(network, Ensemble):
        every = (layer_resolution(*each, sequences) for each in with_layers(network, layer))
        return max(every, key=lambda found: (found.grid.step, found.receptive_field))
    given = torch.as_tensor(sequences, dtype=torch.float32, device=device_of(network))
    given = given.clone().requires_grad_()
    with captured(layer) as outputs:
        network(given)
        [activation] = outputs
    length = given.shape[-1]
    grid = layer_grid(network, layer, length)
    middle = grid.positions // 2
    [gradient] = torch.autograd.grad(activation[:, :, middle].sum(), given)
    # Not every device has float64.
    influence = gradient.abs().sum(dim=(0, 1)).cpu().double().numpy()
    distance = np.abs(np.arange(length) - (grid.first_centre + middle * grid.step))
    order = np.argsort(distance, kind="stable")
    within = influence[order].cumsum()
    farthest = distance[order[np.searchsorted(within, _SHARE * within[-1])]]
    return Resolution(grid, min(int(2 * farthest) + 1, length))


def layer_grid(network: nn.Module, layer: nn.Module, length: int) -> Grid:
    """Positions of a layer along a sequence.

    One sequence is passed through the network, and the window of each position is traced
    through convolutions, pooling, padding and element-wise functions; where branches join,
    the windows are united. Gates over all positions, such as squeeze-and-excitation, are
    ignored.

    Raises
    ------
    InputError
        The layer's output does not have the shape (batch, channels, positions), or its
        positions cannot be traced.
    """
    sequences = torch.zeros(1, 4, length, device=device_of(network))
    tracer = _Tracer(sequences)
    with torch.no_grad(), captured(layer) as outputs, tracer:
        network(sequences)
    if len(outputs) != 1:
        raise _unsuitable(
            f"a layer that runs {len(outputs)} times for a sequence", "a layer that runs once"
        )
    [activation] = outputs
    if not isinstance(activation, torch.Tensor) or activation.ndim != 3:
        shape = tuple(getattr(activation, "shape", ()))
        raise _unsuitable(
            f"a layer with an output of shape {shape}", "the shape (batch, channels, positions)"
        )
    grid = tracer.grids.get(activation)
    if grid is None:
        raise _unsuitable(
            "a layer whose positions cannot be traced to the bases",
            "a layer after convolutions, pooling and element-wise functions only",
        )
    return grid


class _Tracer(TorchFunctionMode):
    """Traces the grid of a sequence through the functions that a network calls."""

    def __init__(self, sequences: torch.Tensor) -> None:
        super().__init__()
        # Tensors hash by identity. Being kept alive, none is replaced by another at its address.
        self.grids = {sequences: Grid(sequences.shape[-1], 0, 1, 1)}

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        result = function(*args, **kwargs)
        if isinstance(result, torch.Tensor) and result.ndim >= 3:
            grid = self._grid(function.__name__, args, kwargs, result.shape[-1])
            if grid is not None:
                self.grids[result] = grid
        return result

    def _grid(
        self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], positions: int
    ) -> Grid | None:
        """Grid of a function's result; None if unknown."""
        if parameters := _WINDOWED.get(re.sub("[12]d$", "", name)):
            named = dict(zip(parameters, args, strict=False)) | kwargs
            before = self.grids.get(named["input"])
            if before is None:
                return None
            if name == "pad":
                return before.after(positions, 1, 1, named["pad"][0])
            return before.after(positions, *_window(named))
        given = [
            self.grids[tensor]
            for argument in (*args, *kwargs.values())
            for tensor in (argument if isinstance(argument, list | tuple) else [argument])
            if isinstance(tensor, torch.Tensor) and tensor in self.grids
        ]
        given = [grid for grid in given if grid.positions == positions]
        if not given or name in _REORDERING:
            return None
        union: Grid | None = given[0]
        for grid in given[1:]:
            union = union.union(grid) if union else None
        return union


def _window(named: dict[str, Any]) -> tuple[int, int, int, int]:
    """Kernel, stride, padding and dilation along the last axis."""
    kernel = named["weight"].shape[-1] if "weight" in named else _last(named["kernel_size"])
    default_stride = 1 if "weight" in named else kernel
    stride = _last(named.get("stride") or default_stride)
    dilation = _last(named.get("dilation", 1))
    padding = named.get("padding", 0)
    if isinstance(padding, str):
        # Of an odd number, torch puts the larger half behind.
        padding = dilation * (kernel - 1) // 2 if padding == "same" else 0
    return kernel, stride, _last(padding), dilation


def _last(value: int | Sequence[int]) -> int:
    return value if isinstance(value, int) else value[-1]


def _unsuitable(found: str, expected: str) -> InputError:
    return InputError(
        "configuration, key explain.layer",
        found,
        expected,
        "Name a convolution, a norm or a block, or set null for the model's default.",
    )
