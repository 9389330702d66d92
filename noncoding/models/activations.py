"""Activations by the names that a configuration uses."""

import torch
from torch import nn

_LARGEST_EXPONENT = 10.0
"""exp(10) = 22,026 is far beyond what a norm lets through, and finite in half precision."""


class Exponential(nn.Module):
    """``exp(x)``: silence stays near nothing, and a match stands out (Koo & Ploenzke 2021)."""

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Any shape."""
        return features.clamp(max=_LARGEST_EXPONENT).exp()


ACTIVATIONS = {"gelu": nn.GELU, "relu": nn.ReLU, "exponential": Exponential}
