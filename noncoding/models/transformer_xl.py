"""The sequence part: Transformer-XL layers that look both ways."""

import torch
from torch import nn
from transformers import XLNetConfig, XLNetModel


class TransformerXL(nn.Module):
    """Relative-position attention (Dai et al. 2019) over features of a sequence.

    transformers keeps Transformer-XL's attention in XLNet; with
    ``attn_type="bi"`` every position sees both sides.

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
        self.layers = XLNetModel(
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
        # XLNet's parts for tokens, masks and segments have no role here and get
        # no gradient, which distributed training would trip over.
        for name, parameter in self.layers.named_parameters():
            if name.rsplit(".", 1)[-1] in {"mask_emb", "seg_embed", "r_s_bias"}:
                parameter.requires_grad_(False)
        self.layers.word_embedding.requires_grad_(False)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Shape=(batch, positions, in_channels) → (batch, positions, channels)."""
        return self.layers(inputs_embeds=self.project(features)).last_hidden_state
