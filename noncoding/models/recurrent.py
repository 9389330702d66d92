"""The recurrent layer."""

import torch
from torch import nn


class LstmStates(nn.LSTM):
    """Bidirectional LSTM that returns the hidden states of all positions, and nothing else.

    With a single tensor as output it can be hooked like any other layer, as DeepLIFT does.

    Parameters
    ----------
    in_channels : int
    channels : int
        Of each direction.
    layers : int
    dropout : float
        Between layers.
    """

    def __init__(
        self, in_channels: int, channels: int, layers: int = 1, dropout: float = 0.0
    ) -> None:
        super().__init__(
            in_channels,
            channels,
            layers,
            batch_first=True,
            bidirectional=True,
            dropout=dropout if layers > 1 else 0.0,
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        """Shape=(batch, positions, in_channels) → (batch, positions, 2 * channels)."""
        return super().forward(features)[0]
