"""The fully connected head: from features along a sequence to logits."""

import torch
import torch.nn.functional as F
from torch import nn


class EqualNormLinear(nn.Linear):
    """A linear layer in which the weight vectors of all outputs have the same norm.

    Where targets are imbalanced, the weight vectors of frequent ones become longer, which
    favours them; here the norm is learned, but shared (weight vector normalisation,
    Kim & Kim 2020, IEEE Access 8:81674).

    Parameters
    ----------
    in_features, out_features : int
    """

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__(in_features, out_features)
        self.scale = nn.Parameter(self.weight.detach().norm(dim=1).mean())

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Shape=(..., in_features) → (..., out_features)."""
        return F.linear(features, F.normalize(self.weight, dim=1) * self.scale, self.bias)


class FlattenHead(nn.Module):
    """Two fully connected layers over all positions, as in the original network.

    Parameters
    ----------
    channels, positions : int
        Shape of the features.
    targets : int
    hidden : int
        Units of the hidden layer.
    dropout : float
    weight_norm : bool
        Whether the last layer is an `EqualNormLinear`.
    """

    def __init__(
        self,
        channels: int,
        positions: int,
        targets: int,
        *,
        hidden: int,
        dropout: float,
        weight_norm: bool,
    ) -> None:
        super().__init__()
        self.hidden = nn.Linear(channels * positions, hidden)
        # A module, so that DeepLIFT's rescale rule applies to it.
        self.activation = nn.ReLU()
        self.dropout = nn.Dropout(dropout)
        self.output = (EqualNormLinear if weight_norm else nn.Linear)(hidden, targets)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Features, shape=(batch, positions, channels) → logits, (batch, targets)."""
        return self.output(self.dropout(self.activation(self.hidden(features.flatten(1)))))


class AttentionHead(nn.Module):
    """Fully connected layers at each position, pooled by each target's attention.

    The logit of a target is the mean of its logits at all positions, weighted by the softmax
    of its attention scores. The scores include a learned preference for positions, which is
    initialised as a Gaussian around the centre, the labelled bin: its standard deviation is
    a sixteenth of the window, 62 bp of 1000.

    Parameters
    ----------
    channels, positions, targets, dropout, weight_norm
        As in `FlattenHead`.
    hidden : int
        Units of a hidden layer at each position; 0 for none.
    """

    def __init__(
        self,
        channels: int,
        positions: int,
        targets: int,
        *,
        hidden: int,
        dropout: float,
        weight_norm: bool,
    ) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.hidden = (
            nn.Sequential(nn.Linear(channels, hidden), nn.GELU(), nn.Dropout(dropout))
            if hidden
            else nn.Identity()
        )
        width = hidden or channels
        self.score = nn.Linear(width, targets)
        self.output = (EqualNormLinear if weight_norm else nn.Linear)(width, targets)
        offset = (torch.arange(positions) - (positions - 1) / 2) / (positions / 16)
        self.preference = nn.Parameter((-0.5 * offset**2).unsqueeze(-1).repeat(1, targets))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Features, shape=(batch, positions, channels) → logits, (batch, targets)."""
        features = self.hidden(self.dropout(features))
        attention = torch.softmax(self.score(features) + self.preference, dim=1)
        return (attention * self.output(features)).sum(dim=1)
