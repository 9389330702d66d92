"""Sequence layers: bidirectional LSTM, Transformer-XL and BERT."""

import torch
from torch import nn
from transformers import BertConfig, BertModel, XLNetConfig, XLNetModel


class LstmStates(nn.LSTM):
    """Bidirectional LSTM that returns the hidden states of all positions only.

    Since its output is a single tensor, hooks such as DeepLIFT's can be registered on it.

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


class Lstm(nn.Module):
    """As `LstmStates`, with an even number of channels of both directions together."""

    def __init__(self, in_channels: int, *, channels: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.layers = LstmStates(in_channels, channels // 2, layers, dropout)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Shape=(batch, positions, in_channels) → (batch, positions, channels)."""
        return self.layers(features)


class Transformer(nn.Module):
    """Self-attention over features of a sequence: Transformer-XL or BERT.

    Parameters
    ----------
    in_channels, positions : int
        Shape of the features; projected to ``channels`` where the channels differ.
    kind : str
        ``transformer_xl`` for relative positions (Dai et al. 2019), or ``bert`` for learned
        absolute ones (Devlin et al. 2019).
    channels : int
        Width of the layers.
    layers, heads : int
    inner : int
        Units of the feed-forward layers.
    dropout : float
    """

    def __init__(
        self,
        in_channels: int,
        positions: int,
        *,
        kind: str,
        channels: int,
        layers: int,
        heads: int,
        inner: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.project = (
            nn.Linear(in_channels, channels) if in_channels != channels else nn.Identity()
        )
        # There are no tokens, masks or segments: their parameters get no gradient, which
        # distributed training does not accept of a parameter that is trained.
        if kind == "transformer_xl":
            # transformers keeps the attention of Transformer-XL in XLNet, where it is
            # bidirectional with attn_type="bi".
            self.layers: nn.Module = XLNetModel(
                XLNetConfig(
                    vocab_size=1,
                    d_model=channels,
                    n_layer=layers,
                    n_head=heads,
                    d_inner=inner,
                    dropout=dropout,
                    attn_type="bi",
                    pad_token_id=None,
                    bos_token_id=None,
                    eos_token_id=None,
                    use_mems_eval=False,
                    use_mems_train=False,
                )
            )
            unused = {"mask_emb", "seg_embed", "r_s_bias", "word_embedding.weight"}
        else:
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
            unused = {"word_embeddings.weight"}
        for name, parameter in self.layers.named_parameters():
            if name.endswith(tuple(unused)):
                parameter.requires_grad_(False)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Shape=(batch, positions, in_channels) → (batch, positions, channels)."""
        return self.layers(inputs_embeds=self.project(features)).last_hidden_state
