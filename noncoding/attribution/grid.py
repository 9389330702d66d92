"""Where the positions of a layer lie on the sequence."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from noncoding.attribution.strands import device_of
from noncoding.common.errors import InputError

_CONVOLUTION = ("input", "weight", "bias", "stride", "padding", "dilation")
_MAX_POOLING = ("input", "kernel_size", "stride", "padding", "dilation")
_AVERAGE_POOLING = ("input", "kernel_size", "stride", "padding")
_WINDOWED = {
    f"{name}{dimensions}d": parameters
    for name, parameters in (
        ("conv", _CONVOLUTION),
        ("max_pool", _MAX_POOLING),
        ("avg_pool", _AVERAGE_POOLING),
    )
    for dimensions in (1, 2)
}
"""Functions that slide a window along the last axis, and their first parameters."""
_REORDERING = {
    "flip", "roll", "sort", "gather", "index_select", "transpose", "swapaxes", "swapdims",
    "permute", "movedim", "moveaxis", "t", "view", "reshape", "matmul", "__matmul__", "bmm",
    "einsum", "linear", "cumsum", "interpolate", "scaled_dot_product_attention", "__get__",
    "__getitem__",
}  # fmt: skip
"""Functions after which the last axis may hold other positions, although it is as long."""


class Grid(NamedTuple):
    """Positions along a sequence, each of which sees a span of bases.

    Position ``p`` sees ``width`` bases from ``start + p * step`` on. Padding counts, so
    the span of the first and last positions can reach beyond the sequence.

    Attributes
    ----------
    positions, start, step, width : int
        All but the first in bp; ``width`` is the theoretical receptive field.
    """

    positions: int
    start: int
    step: int
    width: int

    @property
    def first_centre(self) -> float:
        """Centre of what the first position sees, in bp from the first base."""
        return self.start + (self.width - 1) / 2

    def nearest(self, length: int) -> torch.Tensor:
        """Position whose centre is nearest to each base.

        Returns
        -------
        torch.Tensor, shape=(length,), dtype=int64
            -1 for a base that is more than half a step away from every centre. Of two
            positions at the same distance, the later.
        """
        doubled = 2 * torch.arange(length) - round(2 * self.first_centre) + self.step
        place = doubled.div(2 * self.step, rounding_mode="floor")
        return place.where((place >= 0) & (place < self.positions), -1)

    def per_base(self, maps: torch.Tensor, length: int) -> torch.Tensor:
        """Lay values of the positions out over the bases.

        Parameters
        ----------
        maps : torch.Tensor, shape=(..., positions)
        length : int
            Of the sequence, in bp.

        Returns
        -------
        torch.Tensor, shape=(..., length)
            Each base has the value of the position whose centre is nearest (steps, no
            interpolation), and 0 where there is none within half a step.
        """
        place = self.nearest(length).to(maps.device)
        return maps[..., place.clamp(min=0)] * (place >= 0)

    def seen_through(
        self, positions: int, kernel: int, stride: int, before: int, dilation: int = 1
    ) -> "Grid":
        """Positions of a convolution or pooling over these positions.

        Araujo et al. 2019 (doi:10.23915/distill.00021), equations 2 to 4.

        Parameters
        ----------
        positions : int
            That it gives.
        kernel, stride, before, dilation : int
            ``before``: padding ahead of the first position.
        """
        return Grid(
            positions,
            self.start - before * self.step,
            self.step * stride,
            self.width + (kernel - 1) * dilation * self.step,
        )

    def joined(self, other: "Grid") -> "Grid | None":
        """Positions that see what both see; None where the steps differ."""
        if (self.positions, self.step) != (other.positions, other.step):
            return None
        start = min(self.start, other.start)
        end = max(self.start + self.width, other.start + other.width)
        return Grid(self.positions, start, self.step, end - start)


def layer_grid(network: nn.Module, layer: nn.Module, length: int) -> Grid:
    """Positions of a layer on the sequence, exact for any network of these parts.

    One sequence is run through the network, and what each position sees is followed
    through convolutions, poolings, paddings and everything that works position by
    position; where branches meet, their spans are joined. What has no positions, such as
    a gate that sees the mean of all, is left aside.

    Parameters
    ----------
    network : torch.nn.Module
        In evaluation mode; the weights' device is used.
    layer : torch.nn.Module
    length : int
        Of the sequence, in bp.

    Raises
    ------
    InputError
        The layer's output does not have the shape (batch, channels, positions), or its
        positions cannot be followed.
    """
    sequences = torch.zeros(1, 4, length, device=device_of(network))
    tracer = _Tracer(sequences)
    with torch.no_grad(), captured(layer) as outputs, tracer:
        network(sequences)
    if len(outputs) != 1:
        raise _not_a_layer(
            f"a part that runs {len(outputs)} times for a sequence", "one that runs once"
        )
    [activation] = outputs
    if not isinstance(activation, torch.Tensor) or activation.ndim != 3:
        shape = getattr(activation, "shape", ())
        raise _not_a_layer(
            f"a layer whose output has the shape {tuple(shape)}", "(batch, channels, positions)"
        )
    grid = tracer.grids.get(activation)
    if grid is None:
        raise _not_a_layer(
            "a layer whose positions cannot be followed back to the bases",
            "one that only convolutions, poolings and element-wise functions precede",
        )
    return grid


@contextmanager
def captured(layer: nn.Module) -> Iterator[list[torch.Tensor]]:
    """Outputs of a layer while the body runs the network, call by call."""
    outputs: list[torch.Tensor] = []
    handle = layer.register_forward_hook(lambda _module, _inputs, output: outputs.append(output))
    try:
        yield outputs
    finally:
        handle.remove()


class _Tracer(TorchFunctionMode):
    """Follows the positions of a sequence through the functions that a network calls."""

    def __init__(self, sequences: torch.Tensor) -> None:
        super().__init__()
        # Tensors hash by identity, and are kept alive so that none takes another's place.
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
        """Positions of a function's result; None where they are not known."""
        parameters = _WINDOWED.get(name, ("input", "pad") if name == "pad" else ())
        named = dict(zip(parameters, args, strict=False)) | kwargs
        if parameters:
            before = self.grids.get(named["input"])
            if before is None:
                return None
            if name == "pad":
                return before.seen_through(positions, 1, 1, named["pad"][0])
            return before.seen_through(positions, *_window(named))
        given = [
            self.grids[tensor]
            for argument in (*args, *kwargs.values())
            for tensor in (argument if isinstance(argument, list | tuple) else [argument])
            if isinstance(tensor, torch.Tensor) and tensor in self.grids
        ]
        given = [grid for grid in given if grid.positions == positions]
        if not given or name in _REORDERING:
            return None
        joined: Grid | None = given[0]
        for grid in given[1:]:
            joined = joined.joined(grid) if joined else None
        return joined


def _window(named: dict[str, Any]) -> tuple[int, int, int, int]:
    """Kernel, stride, padding and dilation along the last axis."""
    kernel = named["weight"].shape[-1] if "weight" in named else _last(named["kernel_size"])
    pooling_stride = 1 if "weight" in named else kernel
    stride = _last(named.get("stride") or pooling_stride)
    dilation = _last(named.get("dilation", 1))
    padding = named.get("padding", 0)
    if isinstance(padding, str):
        # Torch puts the odd one behind.
        padding = dilation * (kernel - 1) // 2 if padding == "same" else 0
    return kernel, stride, _last(padding), dilation


def _last(value: int | Sequence[int]) -> int:
    return value if isinstance(value, int) else value[-1]


def _not_a_layer(found: str, expected: str) -> InputError:
    return InputError(
        "configuration, key explain.layer",
        found,
        expected,
        "Name a convolution, a norm or a block, or set null for the model's own choice.",
    )
