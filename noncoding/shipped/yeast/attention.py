"""Self-attention with rotary position embedding."""

import torch
import torch.nn.functional as F
from torch import nn

from .residual_blocks import StochasticDepth, stochastic_depths

_LONGEST = 10_000.0
"""Base of the angular frequencies (Su et al. 2021)."""


def rotations(positions: int, channels: int, like: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Cosines and sines of the angles by which pairs of channels are rotated.

    Parameters
    ----------
    positions, channels : int
        Number of positions, and of channels of a head, even.
    like : torch.Tensor
        Determines the device and the precision of the result, which is at least float32.

    Returns
    -------
    tuple of torch.Tensor, shape=(positions, channels / 2)
        Pair ``i`` at position ``p`` has the angle ``p / 10000 ** (2 * i / channels)``.
    """
    kind = torch.promote_types(like.dtype, torch.float32)
    pairs = torch.arange(0, channels, 2, device=like.device, dtype=kind)
    places = torch.arange(positions, device=like.device, dtype=kind)
    angles = torch.outer(places, _LONGEST ** (-pairs / channels))
    return angles.cos(), angles.sin()


def rotated(features: torch.Tensor, cosines: torch.Tensor, sines: torch.Tensor) -> torch.Tensor:
    """Rotate pairs of channels, of which one is in the first and one in the second half.

    The scalar product of two rotated vectors depends on their positions only through the
    difference of these.

    Parameters
    ----------
    features : torch.Tensor, shape=(..., positions, channels)
    cosines, sines
        From `rotations`.
    """
    first, second = features.chunk(2, dim=-1)
    turned = (first * cosines - second * sines, second * cosines + first * sines)
    return torch.cat(turned, dim=-1).type_as(features)


class RotaryAttention(nn.Module):
    """Multi-head attention of all positions to all others (Su et al. 2021).

    Parameters
    ----------
    channels, heads : int
        Each head has ``channels / heads`` channels, an even number.
    """

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.project = nn.Linear(channels, 3 * channels)
        self.output = nn.Linear(channels, channels)

    def forward(
        self, features: torch.Tensor, cosines: torch.Tensor, sines: torch.Tensor
    ) -> torch.Tensor:
        """Shape=(batch, positions, channels), the same as that of the result."""
        projected = self.project(features).unflatten(-1, (3, self.heads, -1))
        queries, keys, values = projected.permute(2, 0, 3, 1, 4).unbind()
        attended = F.scaled_dot_product_attention(
            rotated(queries, cosines, sines), rotated(keys, cosines, sines), values
        )
        return self.output(attended.transpose(1, 2).flatten(2))


class RotaryLayer(nn.Module):
    """Attention and a feed-forward layer, each a residual branch after a normalisation.

    Parameters
    ----------
    channels, heads : int
        See `RotaryAttention`.
    inner : int
        Units of the feed-forward layer.
    dropout : float
        After the activation, and of the result of each branch.
    stochastic_depth : float
        See `StochasticDepth`.
    """

    def __init__(
        self, channels: int, heads: int, inner: int, dropout: float, stochastic_depth: float
    ) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(channels)
        self.attention = RotaryAttention(channels, heads)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(channels),
            nn.Linear(channels, inner),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(inner, channels),
        )
        self.dropout = nn.Dropout(dropout)
        self.stochastic_depth = StochasticDepth(stochastic_depth)

    def forward(
        self, features: torch.Tensor, cosines: torch.Tensor, sines: torch.Tensor
    ) -> torch.Tensor:
        """Shape=(batch, positions, channels), the same as that of the result."""
        attended = self.attention(self.attention_norm(features), cosines, sines)
        features = features + self.stochastic_depth(self.dropout(attended))
        return features + self.stochastic_depth(self.dropout(self.feed_forward(features)))


class RotaryTransformer(nn.Module):
    """Bidirectional transformer layers with rotary position embedding (Su et al. 2021).

    Normalisation precedes each branch, and follows the last layer. The number of positions is
    that of the input.

    Parameters
    ----------
    in_channels : int
        Channels of the features; projected to ``channels`` where these differ.
    channels, heads, inner, dropout
        See `RotaryLayer`.
    layers : int
    stochastic_depth : float
        Of the last layer; it increases linearly with depth.

    Raises
    ------
    ValueError
        The channels of a head are not an even number.
    """

    def __init__(
        self,
        in_channels: int,
        *,
        channels: int,
        layers: int,
        heads: int,
        inner: int,
        dropout: float,
        stochastic_depth: float = 0.0,
    ) -> None:
        super().__init__()
        if channels % (2 * heads):
            raise ValueError(
                f"{channels} channels in {heads} rotary heads: each needs an even number"
            )
        self._head_channels = channels // heads
        self.project = (
            nn.Linear(in_channels, channels) if in_channels != channels else nn.Identity()
        )
        self.layers = nn.ModuleList(
            RotaryLayer(channels, heads, inner, dropout, depth)
            for depth in stochastic_depths(stochastic_depth, layers)
        )
        self.norm = nn.LayerNorm(channels)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Shape=(batch, positions, in_channels) → (batch, positions, channels)."""
        features = self.project(features)
        cosines, sines = rotations(features.shape[1], self._head_channels, features)
        for layer in self.layers:
            features = layer(features, cosines, sines)
        return self.norm(features)
