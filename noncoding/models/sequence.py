"""The sequence part: layers that relate the positions to each other."""

import torch
from torch import nn
from transformers import BertConfig, BertModel

from .recurrent import LstmStates
from .transformer_xl import TransformerXL


class Lstm(nn.Module):
    """Bidirectional long short-term memory over features of a sequence.

    Parameters
    ----------
    in_channels, positions : int
        Shape of the features.
    channels : int
        Of both directions together, even.
    layers : int
    dropout : float
        Between layers.

    Attributes
    ----------
    channels : int
        Channels of what it gives.
    """

    def __init__(
        self, in_channels: int, positions: int, *, channels: int, layers: int, dropout: float
    ) -> None:
        super().__init__()
        self.channels = channels
        self.layers = LstmStates(in_channels, channels // 2, layers, dropout)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Shape=(batch, positions, in_channels) → (batch, positions, channels)."""
        return self.layers(features)


class Bert(nn.Module):
    """Encoder with learned absolute positions (Devlin et al. 2019) over features.

    Parameters
    ----------
    in_channels, positions : int
        Shape of the features; projected to ``channels`` where they differ.
    channels : int
        Width of the layers.
    layers, heads : int
    inner : int
        Units of the feed-forward part.
    dropout : float

    Attributes
    ----------
    channels : int
        Channels of what it gives.
    """

    def __init__(
        self,
        in_channels: int,
        positions: int,
        *,
        channels: int,
        layers: int,
        heads: int,
        inner: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.channels = channels
        self.project = (
            nn.Linear(in_channels, channels) if in_channels != channels else nn.Identity()
        )
        self.layers = BertModel(
            BertConfig(
                vocab_size=1,
                hidden_size=channels,
                num_hidden_layers=layers,
                num_attention_heads=heads,
                intermediate_size=inner,
                hidden_dropout_prob=dropout,
                attention_probs_dropout_prob=dropout,
                max_position_embeddings=positions,
                pad_token_id=None,
            ),
            add_pooling_layer=False,
        )
        # There are no tokens; what gets no gradient would trip distributed training.
        self.layers.embeddings.word_embeddings.requires_grad_(False)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Shape=(batch, positions, in_channels) → (batch, positions, channels)."""
        return self.layers(inputs_embeds=self.project(features)).last_hidden_state


SEQUENCE_PARTS = {"transformer_xl": TransformerXL, "lstm": Lstm, "bert": Bert}
