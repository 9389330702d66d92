"""Layers along a sequence, with channels last in training.

Features have the shape (batch, channels, positions), as in torch. Matrix products, however, read
the channels of a position as a contiguous row: with another layout, features are transposed between
layers, which on a GPU takes longer than the layers. Within `torch.compile` and within
`channels_last`, features therefore have the shape (batch, positions, channels) in all functions and
layers of this module.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import nn

_last = ContextVar("channels_last", default=False)
_ROWS_PER_BLOCK = 8


@contextmanager
def channels_last() -> Iterator[None]:
    """Compute with channels last, and without the modules to which DeepLIFT's rules apply."""
    token = _last.set(True)
    try:
        yield
    finally:
        _last.reset(token)


def are_channels_last() -> bool:
    """Whether features have the shape (batch, positions, channels)."""
    return torch.compiler.is_compiling() or _last.get()


def positions_axis() -> int:
    """Axis of the positions."""
    return 1 if are_channels_last() else 2


def in_layout(features: torch.Tensor) -> torch.Tensor:
    """Change from (batch, channels, positions) to the layout of this module, or back."""
    return features.transpose(1, 2) if are_channels_last() else features


def normalised(norm: nn.Module, features: torch.Tensor) -> torch.Tensor:
    """Apply a normalisation, `torch.nn.BatchNorm1d` or its synchronised form, to features."""
    if not are_channels_last():
        return norm(features)
    return norm(features.flatten(0, 1)).view(features.shape)


def max_pooled(pool: nn.Module, features: torch.Tensor) -> torch.Tensor:
    """Apply `torch.nn.MaxPool1d` without padding, or `torch.nn.Identity`, to features."""
    if not are_channels_last() or not isinstance(pool, nn.MaxPool1d):
        return pool(features)
    size = cast(int, pool.kernel_size)
    count = features.shape[1] // size
    return features[:, : count * size].unflatten(1, (count, size)).amax(dim=2)


class Conv1d(nn.Conv1d):
    """`torch.nn.Conv1d`; channels last, a matrix product or a two-dimensional convolution."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Convolve features with the weights."""
        return self.convolve(features, self.weight)

    def convolve(self, features: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """Convolve features with other kernels, shape=(out_channels, in_channels / groups, k)."""
        if not are_channels_last():
            return self._conv_forward(features, weight, self.bias)
        if self.kernel_size == self.stride == (1,) and self.groups == 1 and self.padding == (0,):
            return F.linear(features, weight.squeeze(-1), self.bias)
        # A view with a second spatial axis of size one, in the memory format channels_last.
        image = features.unsqueeze(1).permute(0, 3, 1, 2)
        convolved = F.conv2d(
            image,
            weight.unsqueeze(2).contiguous(memory_format=torch.channels_last),
            self.bias,
            (1, self.stride[0]),
            (0, int(self.padding[0])),
            (1, self.dilation[0]),
            self.groups,
        )
        return convolved.permute(0, 2, 3, 1).squeeze(1)


class AvgPool1d(nn.AvgPool1d):
    """`torch.nn.AvgPool1d` without padding."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Pool along the positions."""
        if not are_channels_last():
            return super().forward(features)
        (size,) = self.kernel_size  # type: ignore[misc] # a tuple of one number
        return F.avg_pool2d(features, (size, 1), ceil_mode=self.ceil_mode)


class _BestMatches(torch.autograd.Function):
    """See `best_matches`."""

    @staticmethod
    def forward(ctx: Any, bases: torch.Tensor, kernels: torch.Tensor, pool: int) -> torch.Tensor:
        if torch.is_autocast_enabled(bases.device.type):
            bases = bases.to(torch.get_autocast_dtype(bases.device.type))
        width, count = kernels.shape[-1], len(kernels)
        # In the order A, C, G, T the reverse complement is a flip along both axes.
        both = torch.cat([kernels, kernels.flip(1, 2)]).to(bases.dtype).unsqueeze(2)
        image = bases.transpose(1, 2).unsqueeze(2)  # in the memory format channels_last
        both = both.contiguous(memory_format=torch.channels_last)
        with torch.autocast(bases.device.type, enabled=False):
            matches = [
                F.max_pool2d(
                    F.conv2d(block, both, padding=(0, width // 2)), (1, pool), return_indices=True
                )
                for block in image.split(_rows_per_block(bases))
            ]
        joined = map(torch.cat, zip(*matches, strict=True))
        best, position = joined if len(matches) > 1 else matches[0]  # a single one is not copied
        forward, reverse = best.squeeze(2).transpose(1, 2).split(count, dim=2)
        place, other = position.squeeze(2).transpose(1, 2).split(count, dim=2)
        second = reverse > forward
        # Number of the best match among those of all positions and both strands.
        place = torch.where(second, other, place).mul_(2).add_(second)
        ctx.save_for_backward(bases, kernels, place)
        return torch.maximum(forward, reverse)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        bases, kernels, place = ctx.saved_tensors
        of_bases, of_kernels, _ = ctx.needs_input_grad
        count, channels, width = kernels.shape
        length = bases.shape[1]
        padded = F.pad(bases, (0, 0, width // 2, width // 2))
        total = gradient.new_zeros((2 * count, width * channels), dtype=kernels.dtype)
        gradient = gradient.to(bases.dtype)
        if of_bases:
            returned = torch.zeros_like(padded, dtype=kernels.dtype)
            both = torch.cat([kernels, kernels.flip(1, 2)]).to(bases.dtype)
            both = both.transpose(1, 2).flatten(1)
        most = _rows_per_block(bases)
        block = gradient.new_empty((most, 2 * length, count))
        with torch.autocast(bases.device.type, enabled=False):
            for start in range(0, len(bases), most):
                of = slice(start, min(start + most, len(bases)))
                dense = block[: of.stop - start].zero_()
                _bits(dense).scatter_(1, place[of], _bits(gradient[of]))
                dense = dense.view(-1, 2 * count)
                if of_kernels:
                    windows = padded[of].unfold(1, width, 1).transpose(2, 3)
                    total += dense.t() @ windows.reshape(-1, width * channels)
                if of_bases:
                    of_windows = (dense @ both).view(-1, length, width, channels)
                    for at in range(width):
                        returned[of, at : at + length] += of_windows[:, :, at]
        forward, reverse = total.view(-1, width, channels).transpose(1, 2).split(count)
        return (
            returned[:, width // 2 :][:, :length] if of_bases else None,
            forward + reverse.flip(1, 2) if of_kernels else None,
            None,
        )


def _rows_per_block(bases: torch.Tensor) -> int:
    """Rows whose matches are computed at a time; on a CPU, they fit into the cache of a core."""
    return _ROWS_PER_BLOCK if bases.device.type == "cpu" else max(1, len(bases))


def _bits(values: torch.Tensor) -> torch.Tensor:
    """View half-precision values as integers: on a CPU, torch scatters the former in single."""
    return values.view(torch.int16) if values.element_size() == 2 else values


def best_matches(bases: torch.Tensor, kernels: torch.Tensor, pool: int) -> torch.Tensor:
    """Convolve bases with kernels on both strands, and take the maximum of strands and positions.

    The same as a convolution with the kernels, one with their reverse complements, max-pooling of
    both and their maximum. Only one in ``2 * pool`` values of the gradient is non-zero, so it is
    computed directly rather than propagated through each operation.

    Parameters
    ----------
    bases : torch.Tensor, shape=(batch, length, 4)
        One-hot, A, C, G, T.
    kernels : torch.Tensor, shape=(channels, 4, width)
        Of odd width; positions beyond the ends are N.
    pool : int
        Positions of which the maximum is taken.

    Returns
    -------
    torch.Tensor, shape=(batch, length // pool, channels)
    """
    return _BestMatches.apply(bases, kernels, pool)
