"""The convolutional part: a stem that detects motifs, and a wide residual network.

Shapes are those of evaluation; in training, channels are last (see `layers`).
"""

from itertools import pairwise
from typing import Any

import torch
from torch import nn

from .layers import (
    Conv1d,
    are_channels_last,
    best_matches,
    in_layout,
    max_pooled,
    normalised,
)
from .residual_blocks import BLOCKS, norm_act, stochastic_depths


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


class WideResNet(nn.Module):
    """Stem and residual blocks: from one-hot DNA to features along the sequence.

    Parameters
    ----------
    embedding, stem_channels, stem_kernel, stem_pool, stem_activation, stem_both_strands
        See `Stem`.
    channels, strides, dilations : list of int
        One entry per residual block.
    block : str
        Key of `BLOCKS`.
    stochastic_depth : float
        Of the last block; it increases linearly with depth.
    kernel, **options
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
        block: str = "bottleneck",
        stochastic_depth: float = 0.0,
        **options: Any,
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
        depths = stochastic_depths(stochastic_depth, len(channels))
        blocks = [
            BLOCKS[block](
                *sizes,
                kernel=kernel,
                stride=stride,
                dilation=dilation,
                stochastic_depth=depth,
                **options,
            )
            for sizes, stride, dilation, depth in zip(
                pairwise(widths), strides, dilations, depths, strict=True
            )
        ]
        self.blocks = nn.ModuleList(blocks)
        self.final_norm = norm_act(widths[-1])
        self.channels = widths[-1]
        self.receptive_fields: list[int] = []
        seen, step = stem_kernel + stem_pool - 1, stem_pool
        for each, stride in zip(blocks, strides, strict=True):
            seen += each.reach * step
            step *= stride
            self.receptive_fields.append(seen)

    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        """One-hot, shape=(batch, 4, length) → features, (batch, channels, positions)."""
        features = self.stem(in_layout(sequences))
        for block in self.blocks:
            features = block(features)
        return in_layout(self.final_norm(features))
