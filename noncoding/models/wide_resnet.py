"""The convolutional part: a stem that detects motifs, and a wide residual network.

Shapes are those of evaluation; in training, channels are last (see `layers`).
"""

from itertools import pairwise
from typing import Any

import torch
from torch import nn

from .layers import (
    AvgPool1d,
    Conv1d,
    are_channels_last,
    best_matches,
    in_layout,
    max_pooled,
    normalised,
    positions_axis,
)


class Exponential(nn.Module):
    """``exp(x)``, which emphasises strong matches (Koo & Ploenzke 2021)."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Any shape."""
        # exp(10) = 22,026 is far above normalised values, and finite in half precision.
        return features.clamp(max=10.0).exp()


ACTIVATIONS = {"gelu": nn.GELU, "relu": nn.ReLU, "exponential": Exponential}


class Stem(nn.Module):
    """Embedding, one wide convolution, pooling, normalisation and activation.

    Parameters
    ----------
    embedding : int
        Channels of a learned embedding of the bases; 0 for one-hot bases.
    channels, kernel, pool : int
        Of the convolution (odd kernel in bp), and of the max-pooling after it, in bp.
    activation : str
        Key of `ACTIVATIONS`.
    both_strands : bool
        Scan both strands with each kernel and keep the maximum, as in a scan with a
        motif; without an embedding only.

    Raises
    ------
    ValueError
        ``both_strands`` with an embedding.
    """

    def __init__(
        self,
        *,
        embedding: int,
        channels: int,
        kernel: int,
        pool: int,
        activation: str,
        both_strands: bool,
    ) -> None:
        super().__init__()
        if both_strands and embedding:
            raise ValueError("an embedding of bases has no complement: both_strands needs one-hot")
        self.embed = Conv1d(4, embedding, 1, bias=False) if embedding else nn.Identity()
        self.convolution = Conv1d(embedding or 4, channels, kernel, padding=kernel // 2, bias=False)
        self.both_strands = both_strands
        # Pooling before normalisation and activation keeps the same maximum, and makes what
        # follows `pool` times cheaper.
        self.pool = nn.MaxPool1d(pool) if pool > 1 else nn.Identity()
        self.pool_size = pool
        # Over two rows, one per strand. A module, so that DeepLIFT's rule applies to it.
        self.better_strand = nn.MaxPool2d((2, 1)) if both_strands else nn.Identity()
        self.norm = nn.BatchNorm1d(channels)
        self.activation = ACTIVATIONS[activation]()

    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        """One-hot, shape=(batch, 4, length) → features, (batch, channels, positions)."""
        bases = self.embed(sequences)
        if self.both_strands and are_channels_last() and not torch.compiler.is_compiling():
            matches = best_matches(bases, self.convolution.weight, self.pool_size)
            return self.activation(normalised(self.norm, matches))
        matches = max_pooled(self.pool, self.convolution(bases))
        if self.both_strands:
            # In the order A, C, G, T the reverse complement is a flip along both axes.
            other = self.convolution.convolve(bases, self.convolution.weight.flip(1, 2))
            strands = torch.stack([matches, max_pooled(self.pool, other)], dim=2)
            compiled = torch.compiler.is_compiling()
            matches = strands.amax(dim=2) if compiled else self.better_strand(strands).squeeze(2)
        return self.activation(normalised(self.norm, matches))


class SqueezeExcitation(nn.Module):
    """Weight channels by a gate that sees their means (Hu et al. 2018).

    The hidden layer has SiLU, as in EfficientNet (Tan & Le 2019), and not ReLU: with few
    units, all of them can become inactive for every sequence, and stay so without a gradient.

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
    ) -> None:
        super().__init__()
        inner = round(widening * channels)
        self.reduce = _norm_act_conv(in_channels, inner, 1)
        self.dropout = nn.Dropout(dropout)
        self.widen = _norm_act_conv(
            inner, inner, kernel, stride=stride, dilation=dilation, groups=groups
        )
        self.expand = _norm_act_conv(inner, channels, 1)
        self.gate = (
            SqueezeExcitation(channels, squeeze_excitation) if squeeze_excitation else nn.Identity()
        )
        shortcut: list[nn.Module] = []
        if stride > 1:
            shortcut.append(AvgPool1d(stride, ceil_mode=True))
        if in_channels != channels:
            shortcut.append(Conv1d(in_channels, channels, 1, bias=False))
        self.shortcut = nn.Sequential(*shortcut)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Shape=(batch, in_channels, n) → (batch, channels, ceil(n / stride))."""
        residual = self.expand(self.widen(self.dropout(self.reduce(features))))
        return self.shortcut(features) + self.gate(residual)


class WideResNet(nn.Module):
    """Stem and residual blocks: from one-hot DNA to features along the sequence.

    Parameters
    ----------
    embedding, stem_channels, stem_kernel, stem_pool, stem_activation, stem_both_strands
        See `Stem`.
    channels, strides, dilations : list of int
        One entry per residual block.
    kernel, **block
        See `ResidualBlock`.

    Attributes
    ----------
    channels : int
        Channels of the features.
    receptive_fields : list of int
        bp that a position of each block's output depends on, gates aside.
    """

    def __init__(
        self,
        *,
        embedding: int,
        stem_channels: int,
        stem_kernel: int,
        stem_pool: int,
        stem_activation: str,
        stem_both_strands: bool,
        channels: list[int],
        strides: list[int],
        dilations: list[int],
        kernel: int,
        **block: Any,
    ) -> None:
        super().__init__()
        self.stem = Stem(
            embedding=embedding,
            channels=stem_channels,
            kernel=stem_kernel,
            pool=stem_pool,
            activation=stem_activation,
            both_strands=stem_both_strands,
        )
        widths = [stem_channels, *channels]
        self.blocks = nn.ModuleList(
            ResidualBlock(*sizes, kernel=kernel, stride=stride, dilation=dilation, **block)
            for sizes, stride, dilation in zip(pairwise(widths), strides, dilations, strict=True)
        )
        self.final_norm = _norm_act(widths[-1])
        self.channels = widths[-1]
        self.receptive_fields = []
        seen, step = stem_kernel + stem_pool - 1, stem_pool
        for stride, dilation in zip(strides, dilations, strict=True):
            # The middle convolution extends to both sides, and the shortcut's average to the
            # right.
            side = kernel // 2 * dilation
            seen += (side + max(side, stride - 1)) * step
            step *= stride
            self.receptive_fields.append(seen)

    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        """One-hot, shape=(batch, 4, length) → features, (batch, channels, positions)."""
        features = self.stem(in_layout(sequences))
        for block in self.blocks:
            features = block(features)
        return in_layout(self.final_norm(features))


class _NormAct(nn.Sequential):
    """Normalisation, activation, and possibly a convolution."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        norm, *others = self
        features = normalised(norm, features)
        for layer in others:
            features = layer(features)
        return features


def _norm_act(channels: int) -> _NormAct:
    return _NormAct(nn.BatchNorm1d(channels), nn.GELU())


def _norm_act_conv(
    in_channels: int, channels: int, kernel: int, *, dilation: int = 1, **options: Any
) -> _NormAct:
    options |= {"dilation": dilation, "padding": dilation * (kernel // 2)}
    convolution = Conv1d(in_channels, channels, kernel, bias=False, **options)
    return _NormAct(*_norm_act(in_channels), convolution)
