"""The convolutional part: a wide, pre-activation residual network on DNA."""

import torch
import torch.nn.functional as F
from torch import nn


class SqueezeExcitation(nn.Module):
    """Weigh channels by what the whole sequence holds (Hu et al. 2018).

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
        self.excite = nn.Linear(hidden, channels)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Gate features, shape=(batch, channels, positions)."""
        gate = self.excite(F.relu(self.squeeze(features.mean(dim=-1))))
        return features * torch.sigmoid(gate).unsqueeze(-1)


class ResidualBlock(nn.Module):
    """Pre-activation bottleneck block (He et al. 2016; Zagoruyko & Komodakis 2016).

    Norm, activation and convolution three times over, with kernels 1, ``kernel``
    and 1; the middle one is ``widening`` times as wide as the block and carries
    stride and dilation. The shortcut is averaged over the stride, and projected
    only where the number of channels changes.

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
    dropout : float
        Before the middle convolution.
    squeeze_excitation : int
        Reduction of the gate; 0 for no gate.
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
        dropout: float,
        squeeze_excitation: int,
    ) -> None:
        super().__init__()
        inner = round(widening * channels)
        self.reduce = _norm_act_conv(in_channels, inner, 1)
        self.dropout = nn.Dropout(dropout)
        self.widen = _norm_act_conv(inner, inner, kernel, stride, dilation)
        self.expand = _norm_act_conv(inner, channels, 1)
        self.gate = (
            SqueezeExcitation(channels, squeeze_excitation) if squeeze_excitation else nn.Identity()
        )
        shortcut: list[nn.Module] = []
        if stride > 1:
            shortcut.append(nn.AvgPool1d(stride, ceil_mode=True))
        if in_channels != channels:
            shortcut.append(nn.Conv1d(in_channels, channels, 1, bias=False))
        self.shortcut = nn.Sequential(*shortcut)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Shape=(batch, in_channels, n) → (batch, channels, ceil(n / stride))."""
        residual = self.expand(self.widen(self.dropout(self.reduce(features))))
        return self.shortcut(features) + self.gate(residual)


class WideResNet(nn.Module):
    """Stem and residual blocks, from one-hot DNA to features along the sequence.

    Parameters
    ----------
    embedding : int
        Channels of a learned embedding of the bases; 0 to keep them one-hot.
    stem_channels, stem_kernel, stem_pool : int
        First convolution (motif detectors; odd kernel in bp), and the max-pooling
        that follows it, in bp.
    channels, strides, dilations : list of int
        One entry a residual block.
    kernel, widening, dropout, squeeze_excitation
        See `ResidualBlock`.

    Attributes
    ----------
    channels : int
        Channels of the features.
    """

    def __init__(
        self,
        *,
        embedding: int,
        stem_channels: int,
        stem_kernel: int,
        stem_pool: int,
        channels: list[int],
        strides: list[int],
        dilations: list[int],
        kernel: int,
        widening: float,
        dropout: float,
        squeeze_excitation: int,
    ) -> None:
        super().__init__()
        self.embed = nn.Conv1d(4, embedding, 1, bias=False) if embedding else nn.Identity()
        self.stem = nn.Conv1d(
            embedding or 4, stem_channels, stem_kernel, padding=stem_kernel // 2, bias=False
        )
        # Pooling before norm and activation: the same strongest match survives,
        # and everything after it is stem_pool times cheaper.
        self.pool = nn.MaxPool1d(stem_pool) if stem_pool > 1 else nn.Identity()
        self.stem_norm = _norm_act(stem_channels)
        widths = [stem_channels, *channels]
        self.blocks = nn.ModuleList(
            ResidualBlock(
                before,
                after,
                kernel=kernel,
                widening=widening,
                stride=stride,
                dilation=dilation,
                dropout=dropout,
                squeeze_excitation=squeeze_excitation,
            )
            for before, after, stride, dilation in zip(
                widths[:-1], widths[1:], strides, dilations, strict=True
            )
        )
        self.final_norm = _norm_act(widths[-1])
        self.channels = widths[-1]

    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        """One-hot, shape=(batch, 4, length) → features, (batch, channels, positions)."""
        features = self.stem_norm(self.pool(self.stem(self.embed(sequences))))
        for block in self.blocks:
            features = block(features)
        return self.final_norm(features)


def _norm_act(channels: int) -> nn.Sequential:
    return nn.Sequential(nn.BatchNorm1d(channels), nn.GELU())


def _norm_act_conv(
    in_channels: int, channels: int, kernel: int, stride: int = 1, dilation: int = 1
) -> nn.Sequential:
    convolution = nn.Conv1d(
        in_channels,
        channels,
        kernel,
        stride=stride,
        dilation=dilation,
        padding=dilation * (kernel // 2),
        bias=False,
    )
    return nn.Sequential(*_norm_act(in_channels), convolution)
