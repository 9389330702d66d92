"""Networks whose attributions are known by hand."""

import numpy as np
import torch
from torch import nn


class Linear(nn.Module):
    """A weight a base and position; the second logit is the opposite of the first."""

    def __init__(self, weights):
        super().__init__()
        self.weights = nn.Parameter(torch.from_numpy(weights).float())

    def forward(self, sequences):
        logit = (sequences * self.weights).sum(dim=(1, 2))
        return torch.stack([logit, -logit], dim=1)


class Rectified(nn.Module):
    """Two layers with a ReLU between them."""

    def __init__(self, length, seed=0):
        super().__init__()
        torch.manual_seed(seed)
        self.first = nn.Conv1d(4, 6, 5, padding=2)
        self.activation = nn.ReLU()
        self.last = nn.Linear(6 * length, 2)

    def forward(self, sequences):
        return self.last(self.activation(self.first(sequences)).flatten(1))


def weights(length, seed=0):
    return np.random.default_rng(seed).normal(size=(4, length))


def on_both_strands(weights):
    """Weights of the mean of a sequence's logit and that of its reverse complement."""
    return (weights + weights[::-1, ::-1]) / 2


def sequences(count, length, seed=1):
    bases = np.random.default_rng(seed).integers(0, 4, (count, length))
    return (bases[:, None] == np.arange(4)[:, None]).astype(np.uint8)
