"""The fully connected head: from features along a sequence to logits."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class EqualNormLinear(nn.Linear):
    """A linear layer in which the weight vectors of all outputs have one length.

    Where targets are imbalanced, the frequent ones grow longer weight vectors,
    which draws decisions to them; here the length is learned, but shared
    (weight vector normalisation, Kim & Kim 2020, IEEE Access 8:81674).

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


def _output_layer(width: int, targets: int, weight_norm: bool) -> nn.Linear:
    return EqualNormLinear(width, targets) if weight_norm else nn.Linear(width, targets)


def start_at_prevalence(output: nn.Linear, prevalence: torch.Tensor) -> None:
    """Start the logits at the log-odds of the prevalence.

    ``bias = -log((1 - π) / π)``, so that training does not begin by unlearning
    the imbalance (Lin et al. 2017, section 4.1).

    Parameters
    ----------
    output : torch.nn.Linear
        The last layer.
    prevalence : torch.Tensor, shape=(targets,)
        Share of positive rows, strictly between 0 and 1.
    """
    with torch.no_grad():
        output.bias.copy_(torch.logit(prevalence))


class Head(nn.Module):
    """A head whose last layer is called ``output``."""

    output: nn.Linear


class FlattenHead(Head):
    """Flatten all positions, then fully connected layers, as in the original.

    Parameters
    ----------
    channels, positions : int
        Shape of the features.
    targets : int
    hidden : int
        Units of the hidden layer.
    dropout : float
    weight_norm : bool
        Give the weight vectors of all targets one length (see `EqualNormLinear`).
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
        # A module, so that DeepLIFT's rule reaches it.
        self.activation = nn.ReLU()
        self.dropout = nn.Dropout(dropout)
        self.output = _output_layer(hidden, targets, weight_norm)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Features, shape=(batch, positions, channels) → logits, (batch, targets)."""
        return self.output(self.dropout(self.activation(self.hidden(features.flatten(1)))))


class AttentionHead(Head):
    """Fully connected layers at each position, pooled by each target's attention.

    Each target scores every position and gives every position a logit; its
    answer is the mean of these logits, weighted by the softmax of the scores.
    The scores carry a learned preference for positions, which starts as a bell
    around the centre, the bin that the labels speak of: its standard deviation is
    a sixteenth of the window, 62 bp of 1000.

    Parameters
    ----------
    channels, positions : int
        Shape of the features.
    targets : int
    hidden : int
        Units of a hidden layer at each position; 0 for none.
    dropout : float
    weight_norm : bool
        Give the weight vectors of all targets one length (see `EqualNormLinear`).
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
        self.output = _output_layer(width, targets, weight_norm)
        offset = (torch.arange(positions) - (positions - 1) / 2) / (positions / 16)
        self.preference = nn.Parameter((-0.5 * offset**2).unsqueeze(-1).repeat(1, targets))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Features, shape=(batch, positions, channels) → logits, (batch, targets)."""
        features = self.hidden(self.dropout(features))
        attention = torch.softmax(self.score(features) + self.preference, dim=1)
        return (attention * self.output(features)).sum(dim=1)


HEADS: dict[str, type[Head]] = {"flatten": FlattenHead, "attention": AttentionHead}


def positions_after(length: int, factors: list[int]) -> int:
    """Positions left of ``length`` bp after pooling, then strides.

    Parameters
    ----------
    length : int
    factors : list of int
        The pooling, which drops an incomplete end, then the strides, which do not.
    """
    pool, *strides = factors
    positions = length // pool
    for stride in strides:
        positions = math.ceil(positions / stride)
    return positions
