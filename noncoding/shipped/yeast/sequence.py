"""Sequence layers: bidirectional LSTM, Transformer-XL and BERT."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from transformers import BertConfig, BertModel, XLNetConfig, XLNetModel
from transformers.models.xlnet.modeling_xlnet import XLNetRelativeAttention


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


class RelativeAttention(XLNetRelativeAttention):
    """The attention of XLNet, with torch's fused kernels for the softmax."""

    def rel_attn_core(
        self,
        q_head: torch.Tensor,
        k_head_h: torch.Tensor,
        v_head_h: torch.Tensor,
        k_head_r: torch.Tensor,
        *_masks: Any,
        **_options: Any,
    ) -> torch.Tensor:
        """Attention of all positions to all others, without masks and segments.

        Parameters
        ----------
        q_head, k_head_h, v_head_h : torch.Tensor, shape=(n, batch, heads, channels)
            Queries, keys and values.
        k_head_r : torch.Tensor, shape=(2 * n, 1, heads, channels)
            Keys of the relative positions from ``n`` to ``1 - n``.

        Returns
        -------
        torch.Tensor, shape=(n, batch, heads, channels)
        """
        count = len(q_head)
        # A multiple of eight, for tensor cores.
        width = -(-2 * count // 8) * 8
        relative = F.pad(k_head_r.squeeze(1), (0, 0, 0, 0, 0, width - 2 * count))
        of_positions = torch.einsum("ibnd,jnd->bnij", q_head + self.r_r_bias, relative)
        # Element (i, j) of the result is element (i, n - i + j) of the matrix.
        shifted = of_positions.flatten(-2)[..., count:].unflatten(-1, (count, width - 1))
        attended = F.scaled_dot_product_attention(
            (q_head + self.r_w_bias).permute(1, 2, 0, 3),
            k_head_h.permute(1, 2, 0, 3),
            v_head_h.permute(1, 2, 0, 3),
            attn_mask=shifted[..., :count] * self.scale,
            dropout_p=self.dropout.p if self.training else 0.0,
            scale=self.scale,
        )
        return attended.permute(2, 0, 1, 3)


class TransformerXL(XLNetModel):
    """The layers of XLNet, with `RelativeAttention`.

    As in the original Transformer-XL, all sequences of a batch share the encoding of positions,
    and its dropout.
    """

    def __init__(self, config: XLNetConfig) -> None:
        super().__init__(config)
        for layer in self.layer:
            attention = RelativeAttention(config)
            attention.load_state_dict(layer.get_submodule("rel_attn").state_dict())
            layer.rel_attn = attention

    def relative_positional_encoding(
        self, qlen: int, klen: int, bsz: int | None = None, device: Any = None
    ) -> torch.Tensor:
        """Encoding of the relative positions, shape=(qlen + klen, 1, channels)."""
        return super().relative_positional_encoding(qlen, klen, None, device)


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
            self.layers: nn.Module = TransformerXL(
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
