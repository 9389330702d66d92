"""Layers along a sequence, with channels last when they are compiled.

Features have the shape (batch, channels, positions), as in torch. Tensor cores, however, read the
channels of a position as a contiguous row: with another layout, features are transposed between
layers, which takes longer than the layers. Within `torch.compile`, features therefore have the
shape (batch, positions, channels) in all functions and layers of this module.
"""

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


class Conv1d(nn.Conv1d):
    """`torch.nn.Conv1d`; compiled, a matrix product or a two-dimensional convolution."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Convolve features with the weights."""
        return self.convolve(features, self.weight)

    def convolve(self, features: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        """Convolve features with other kernels, shape=(out_channels, in_channels / groups, k)."""
        if not torch.compiler.is_compiling():
            return self._conv_forward(features, weight, self.bias)
        (stride,), (padding,), (dilation,) = self.stride, self.padding, self.dilation
        if self.kernel_size == (1,) and self.groups == stride == 1 and not padding:
            return F.linear(features, weight.squeeze(-1), self.bias)
        # A view with a second spatial axis of size one, in the memory format channels_last.
        image = features.unsqueeze(1).permute(0, 3, 1, 2)
        convolved = F.conv2d(
            image,
            weight.unsqueeze(2).contiguous(memory_format=torch.channels_last),
            self.bias,
            (1, stride),
            (0, padding),
            (1, dilation),
            self.groups,
        )
        return convolved.permute(0, 2, 3, 1).squeeze(1)


class MaxPool1d(nn.MaxPool1d):
    """`torch.nn.MaxPool1d` without padding and dilation."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Pool along the positions."""
        if not torch.compiler.is_compiling():
            return super().forward(features)
        return F.max_pool2d(features, (self.kernel_size, 1))


class AvgPool1d(nn.AvgPool1d):
    """`torch.nn.AvgPool1d` without padding."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Pool along the positions."""
        if not torch.compiler.is_compiling():
            return super().forward(features)
        return F.avg_pool2d(features, (*self.kernel_size, 1), ceil_mode=self.ceil_mode)
