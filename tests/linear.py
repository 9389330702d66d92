"""Networks whose attributions have a closed form."""

import numpy as np
import torch
from torch import nn


class Linear(nn.Module):
    """One weight per base and position; the second logit is the negative of the first."""

    def __init__(self, weights):
        super().__init__()
        self.weights = nn.Parameter(torch.from_numpy(weights).float())

    def forward(self, sequences):
        logit = (sequences * self.weights).sum(dim=(1, 2))
        return torch.stack([logit, -logit], dim=1)


class Rectified(nn.Module):
    """A convolution, a ReLU and a linear layer."""

    def __init__(self, length):
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Conv1d(4, 6, 5, padding=2)
        self.activation = nn.ReLU()
        self.last = nn.Linear(6 * length, 2)

    def forward(self, sequences):
        return self.last(self.activation(self.first(sequences)).flatten(1))


def weights(length):
    return np.random.default_rng(0).normal(size=(4, length))


def on_both_strands(weights):
    """Weights of the mean logit of a sequence and its reverse complement."""
    return (weights + weights[::-1, ::-1]) / 2


def sequences(count, length, seed=1):
    """Random one-hot sequences."""
    bases = np.random.default_rng(seed).integers(0, 4, (count, length))
    return (bases[:, None] == np.arange(4)[:, None]).astype(np.uint8)
