"""Layers along a sequence, with channels last when they are compiled.

Features have the shape (batch, channels, positions), as in torch. Tensor cores, however, read the
channels of a position as a contiguous row: with another layout, features are transposed between
layers, which takes longer than the layers. Within `torch.compile`, features therefore have the
shape (batch, positions, channels) in all functions and layers of this module.
"""

from typing import cast

import torch
import torch.nn.functional as F
from torch import nn


def positions_axis() -> int:
    """Axis of the positions."""
    return 1 if torch.compiler.is_compiling() else 2


def in_layout(features: torch.Tensor) -> torch.Tensor:
    """Change from (batch, channels, positions) to the layout of this module, or back."""
    return features.transpose(1, 2) if torch.compiler.is_compiling() else features


def normalised(norm: nn.Module, features: torch.Tensor) -> torch.Tensor:
    """Apply a normalisation, `torch.nn.BatchNorm1d` or its synchronised form, to features."""
    if not torch.compiler.is_compiling():
        return norm(features)
    return norm(features.flatten(0, 1)).view(features.shape)


def max_pooled(pool: nn.Module, features: torch.Tensor) -> torch.Tensor:
    """Apply `torch.nn.MaxPool1d` without padding, or `torch.nn.Identity`, to features."""
    if not torch.compiler.is_compiling() or not isinstance(pool, nn.MaxPool1d):
        return pool(features)
    size = cast(int, pool.kernel_size)
    count = features.shape[1] // size
    return features[:, : count * size].unflatten(1, (count, size)).amax(dim=2)


class Conv1d(nn.Conv1d):
    """`torch.nn.Conv1d`; compiled, a matrix product or a two-dimensional convolution."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Convolve features with the weights."""
        return self.convolve(features, self.weight)

    def convolve(self, features: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """Convolve features with other kernels, shape=(out_channels, in_channels / groups, k)."""
        if not torch.compiler.is_compiling():
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
        if not torch.compiler.is_compiling():
            return super().forward(features)
        (size,) = self.kernel_size  # type: ignore[misc] # a tuple of one number
        return F.avg_pool2d(features, (size, 1), ceil_mode=self.ceil_mode)
