"""The fully connected head: from features along a sequence to logits."""

import math

import torch
from torch import nn


class Head(nn.Module):
    """A head whose last layer is called ``output``."""

    output: nn.Linear

    def set_prevalence(self, prevalence: torch.Tensor) -> None:
        """Start the logits at the log-odds of the prevalence.

        ``bias = -log((1 - π) / π)``, so that training does not begin by
        unlearning the imbalance (Lin et al. 2017, section 4.1).

        Parameters
        ----------
        prevalence : torch.Tensor, shape=(targets,)
            Share of positive rows, strictly between 0 and 1.
        """
        with torch.no_grad():
            self.output.bias.copy_(torch.logit(prevalence))


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
    """

    def __init__(
        self, channels: int, positions: int, targets: int, *, hidden: int, dropout: float
    ) -> None:
        super().__init__()
        self.hidden = nn.Linear(channels * positions, hidden)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden, targets)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Features, shape=(batch, positions, channels) → logits, (batch, targets)."""
        return self.output(self.dropout(torch.relu(self.hidden(features.flatten(1)))))


class AttentionHead(Head):
    """Fully connected layers at each position, pooled by each target's attention.

    Each target scores every position and gives every position a logit; its
    answer is the mean of these logits, weighted by the softmax of the scores.
    The scores carry a learned preference for positions, which starts as a bell
    around the centre, the bin that the labels speak of.

    Parameters
    ----------
    channels, positions : int
        Shape of the features.
    targets : int
    hidden : int
        Units of a hidden layer at each position; 0 for none.
    dropout : float
    """

    def __init__(
        self, channels: int, positions: int, targets: int, *, hidden: int, dropout: float
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
        self.output = nn.Linear(width, targets)
        offset = (torch.arange(positions) - (positions - 1) / 2) / (positions / 8)
        self.preference = nn.Parameter((-0.5 * offset**2).unsqueeze(-1).repeat(1, targets))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Features, shape=(batch, positions, channels) → logits, (batch, targets)."""
        features = self.hidden(self.dropout(features))
        attention = torch.softmax(self.score(features) + self.preference, dim=1)
        return (attention * self.output(features)).sum(dim=1)


HEADS = {"flatten": FlattenHead, "attention": AttentionHead}


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
