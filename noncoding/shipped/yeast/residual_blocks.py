"""Residual blocks: bottlenecks, and those of ConvNeXt.

Shapes are those of evaluation; in training, channels are last (see `layers`).
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from .layers import AvgPool1d, Conv1d, normalised, positions_axis

_INITIAL_SCALE = 0.1
"""Initial scale of a residual branch, as in CaiT with up to 18 layers (Touvron et al. 2021)."""


class StochasticDepth(nn.Module):
    """Drop a residual branch in training, independently for each row (Huang et al. 2016).

    Branches that are kept are divided by the probability of being kept.

    Parameters
    ----------
    rate : float
        Probability of being dropped.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, branch: torch.Tensor) -> torch.Tensor:
        """Shape=(batch, ...), of any number of axes."""
        if not self.training or not self.rate:
            return branch
        ones = branch.new_ones(branch.shape[0], *(1 for _ in branch.shape[1:]))
        return branch * F.dropout(ones, self.rate)


def stochastic_depths(rate: float, count: int) -> list[float]:
    """Rates that increase linearly with depth, up to `rate` of the last of `count` layers."""
    return [rate * (place + 1) / count for place in range(count)]


class SqueezeExcitation(nn.Module):
    """Weight channels by a gate that sees their means (Hu et al. 2018).

    The hidden layer has SiLU, as in EfficientNet (Tan & Le 2019), and not ReLU: with few
    units, all of them can become inactive for every sequence and then receive no gradient.

    Parameters
    ----------
    channels : int
    reduction : int
        The gate's hidden layer has ``channels / reduction`` units.
    """

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        hidden = max(1, channels // reduction)
        self.squeeze = nn.Linear(channels, hidden)
        self.activation = nn.SiLU()
        self.excite = nn.Linear(hidden, channels)
        self.gate = nn.Sigmoid()

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Gate features, shape=(batch, channels, positions)."""
        axis = positions_axis()
        gate = self.gate(self.excite(self.activation(self.squeeze(features.mean(dim=axis)))))
        return features * gate.unsqueeze(axis)


class ResidualBlock(nn.Module):
    """Pre-activation bottleneck block (He et al. 2016; Zagoruyko & Komodakis 2016).

    Normalisation, activation and convolution, three times, with kernels 1, ``kernel``
    and 1; the middle convolution has ``widening`` times the channels of the block, and
    its stride and dilation. The shortcut is averaged over the stride, and projected
    where the number of channels changes.

    Parameters
    ----------
    in_channels, channels : int
        Channels before and after.
    kernel : int
        Odd width of the middle convolution, in positions.
    widening : float
        Middle channels as a multiple of ``channels``.
    stride, dilation : int
        Of the middle convolution.
    groups : int
        Of the middle convolution; more than one for ResNeXt (Xie et al. 2017).
    dropout : float
        Before the middle convolution.
    squeeze_excitation : int
        Reduction of the gate; 0 for no gate.
    stochastic_depth : float
        See `StochasticDepth`.

    Attributes
    ----------
    reach : int
        Positions of the input, besides one, that a position of the output depends on.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        *,
        kernel: int,
        widening: float,
        stride: int,
        dilation: int,
        groups: int,
        dropout: float,
        squeeze_excitation: int,
        stochastic_depth: float = 0.0,
    ) -> None:
        super().__init__()
        inner = round(widening * channels)
        self.reduce = _norm_act_conv(in_channels, inner, 1)
        self.dropout = nn.Dropout(dropout)
        self.widen = _norm_act_conv(
            inner, inner, kernel, stride=stride, dilation=dilation, groups=groups
        )
        self.expand = _norm_act_conv(inner, channels, 1)
        self.gate = _gate(channels, squeeze_excitation)
        self.stochastic_depth = StochasticDepth(stochastic_depth)
        shortcut: list[nn.Module] = []
        if stride > 1:
            shortcut.append(AvgPool1d(stride, ceil_mode=True))
        if in_channels != channels:
            shortcut.append(Conv1d(in_channels, channels, 1, bias=False))
        self.shortcut = nn.Sequential(*shortcut)
        # The middle convolution extends to both sides, and the shortcut's average to the right.
        side = kernel // 2 * dilation
        self.reach = side + max(side, stride - 1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Shape=(batch, in_channels, n) → (batch, channels, ceil(n / stride))."""
        residual = self.expand(self.widen(self.dropout(self.reduce(features))))
        return self.shortcut(features) + self.stochastic_depth(self.gate(residual))


class ConvNextBlock(nn.Module):
    """Block of ConvNeXt (Liu et al. 2022), with batch normalisation.

    Depthwise convolution, normalisation, a pointwise convolution to ``widening`` times the
    channels, GELU, a pointwise convolution back, and a learned scale per channel. Before the
    block, features are averaged over the stride, and normalised and projected where the number
    of channels changes.

    Parameters
    ----------
    in_channels, channels, squeeze_excitation, stochastic_depth
        As in `ResidualBlock`.
    kernel, dilation : int
        Of the depthwise convolution; the kernel is odd, in positions.
    widening : float
        Channels after the first pointwise convolution, as a multiple of ``channels``.
    stride : int
        Of the average.
    groups : int
        1: the first convolution is depthwise, the others are not grouped.
    dropout : float
        Before the second pointwise convolution.

    Attributes
    ----------
    reach : int
        As in `ResidualBlock`.

    Raises
    ------
    ValueError
        More than one group.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        *,
        kernel: int,
        widening: float,
        stride: int,
        dilation: int,
        groups: int,
        dropout: float,
        squeeze_excitation: int,
        stochastic_depth: float = 0.0,
    ) -> None:
        super().__init__()
        if groups != 1:
            raise ValueError("blocks of ConvNeXt have depthwise convolutions: groups must be 1")
        inner = round(widening * channels)
        self.pool = AvgPool1d(stride, ceil_mode=True) if stride > 1 else nn.Identity()
        self.project = (
            NormAct(nn.BatchNorm1d(in_channels), Conv1d(in_channels, channels, 1))
            if in_channels != channels
            else nn.Identity()
        )
        self.depthwise = Conv1d(
            channels,
            channels,
            kernel,
            padding=dilation * (kernel // 2),
            dilation=dilation,
            groups=channels,
            bias=False,
        )
        self.widen = NormAct(nn.BatchNorm1d(channels), Conv1d(channels, inner, 1), nn.GELU())
        self.dropout = nn.Dropout(dropout)
        self.narrow = Conv1d(inner, channels, 1)
        self.scale = nn.Parameter(torch.full((channels,), _INITIAL_SCALE))
        self.gate = _gate(channels, squeeze_excitation)
        self.stochastic_depth = StochasticDepth(stochastic_depth)
        self.reach = stride - 1 + 2 * (kernel // 2) * dilation * stride

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Shape=(batch, in_channels, n) → (batch, channels, ceil(n / stride))."""
        features = self.project(self.pool(features))
        residual = self.narrow(self.dropout(self.widen(self.depthwise(features))))
        residual = self.gate(residual * self.scale.unsqueeze(positions_axis() - 1))
        return features + self.stochastic_depth(residual)


BLOCKS: dict[str, type[ResidualBlock | ConvNextBlock]] = {
    "bottleneck": ResidualBlock,
    "convnext": ConvNextBlock,
}


def _gate(channels: int, reduction: int) -> nn.Module:
    return SqueezeExcitation(channels, reduction) if reduction else nn.Identity()


class NormAct(nn.Sequential):
    """A normalisation, and other layers after it."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Apply the layers to features."""
        norm, *others = self
        features = normalised(norm, features)
        for layer in others:
            features = layer(features)
        return features


def norm_act(channels: int) -> NormAct:
    """Batch normalisation and GELU."""
    return NormAct(nn.BatchNorm1d(channels), nn.GELU())


def _norm_act_conv(
    in_channels: int, channels: int, kernel: int, *, dilation: int = 1, **options: Any
) -> NormAct:
    options |= {"dilation": dilation, "padding": dilation * (kernel // 2)}
    convolution = Conv1d(in_channels, channels, kernel, bias=False, **options)
    return NormAct(*norm_act(in_channels), convolution)
