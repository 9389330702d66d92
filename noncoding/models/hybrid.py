"""The hybrid network: WideResNet, sequence layers and a fully connected head."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from transformers import PreTrainedConfig

from .attention import RotaryTransformer
from .network import Network
from .sequence import Lstm, Transformer
from .wide_resnet import WideResNet


class EqualNormLinear(nn.Linear):
    """A linear layer in which the weight vectors of all outputs have the same norm.

    Where targets are imbalanced, the weight vectors of frequent ones become longer, which
    favours them; here the norm is learned, but shared (weight vector normalisation,
    Kim & Kim 2020, IEEE Access 8:81674).
    """

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__(in_features, out_features)
        self.scale = nn.Parameter(self.weight.detach().norm(dim=1).mean())

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Shape=(..., in_features) → (..., out_features)."""
        return F.linear(features, F.normalize(self.weight, dim=1) * self.scale, self.bias)


class UnitNorm(nn.BatchNorm1d):
    """Batch normalisation of units, shape=(batch, units).

    A batch of one row has no variance: in training, too, it is normalised with the running
    statistics, which it does not change.
    """

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Shape=(batch, units) → the same."""
        if len(features) > 1:
            return super().forward(features)
        statistics = self.running_mean, self.running_var
        return F.batch_norm(features, *statistics, self.weight, self.bias, eps=self.eps)


class FlattenHead(nn.Module):
    """Two fully connected layers over all positions, as in the original network.

    Each hidden unit has so many inputs that an update of the weights can shift its mean by several
    standard deviations, and most units die unless they are normalised.

    Parameters
    ----------
    channels, positions : int
        Shape of the features.
    targets : int
    hidden : int
        Units of the hidden layer.
    dropout : float
    weight_norm : bool
        Whether the last layer is an `EqualNormLinear`.
    batch_norm : bool
        Whether the hidden units are normalised; False in models that were exported without it.
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
        batch_norm: bool = False,
    ) -> None:
        super().__init__()
        # The normalisation has biases of its own.
        self.hidden = nn.Linear(channels * positions, hidden, bias=not batch_norm)
        self.norm = UnitNorm(hidden) if batch_norm else nn.Identity()
        # A module, so that DeepLIFT's rescale rule applies to it.
        self.activation = nn.ReLU()
        self.dropout = nn.Dropout(dropout)
        self.output = (EqualNormLinear if weight_norm else nn.Linear)(hidden, targets)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Features, shape=(batch, positions, channels) → logits, (batch, targets)."""
        units = self.activation(self.norm(self.hidden(features.flatten(1))))
        return self.output(self.dropout(units))


class AttentionHead(nn.Module):
    """Fully connected layers at each position, pooled by each target's attention.

    The logit of a target is the mean of its logits at all positions, weighted by the softmax
    of its attention scores. The scores include a learned preference for positions, which is
    initialised as a Gaussian around the centre, the labelled bin: its standard deviation is
    a sixteenth of the window, 62 bp of 1000.

    Parameters
    ----------
    channels, positions, targets, dropout, weight_norm
        As in `FlattenHead`.
    hidden : int
        Units of a hidden layer at each position; 0 for none.
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
        self.output = (EqualNormLinear if weight_norm else nn.Linear)(width, targets)
        offset = (torch.arange(positions) - (positions - 1) / 2) / (positions / 16)
        self.preference = nn.Parameter((-0.5 * offset**2).unsqueeze(-1).repeat(1, targets))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Features, shape=(batch, positions, channels) → logits, (batch, targets)."""
        features = self.hidden(self.dropout(features))
        attention = torch.softmax(self.score(features) + self.preference, dim=1)
        return (attention * self.output(features)).sum(dim=1)


class HybridConfig(PreTrainedConfig):
    """All sizes of a `Hybrid`; the keys are those of ``models:`` in config.yaml.

    Parameters
    ----------
    length, targets : int
        Window in bp, and number of logits.
    resnet, sequence, head : dict
        Arguments of `WideResNet`, the sequence layers and the head. The ``kind`` of
        sequence layers is ``transformer_xl``, ``bert``, ``rotary``, ``lstm`` or ``none``; with
        ``skip`` the features of the residual network are concatenated to their output. The
        ``pooling`` of the head is ``flatten`` or ``attention``; ``batch_norm`` is for the former.
    """

    model_type = "noncoding-hybrid"

    def __init__(
        self,
        length: int = 1000,
        targets: int = 1,
        resnet: dict[str, Any] | None = None,
        sequence: dict[str, Any] | None = None,
        head: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self.length = length
        self.targets = targets
        self.resnet = resnet or {}
        self.sequence = sequence or {"kind": "none"}
        self.head = head or {}
        super().__init__(**kwargs)


_MOTIF_LENGTH = 24
"""bp: few motifs of JASPAR's CORE collection are longer."""


class Hybrid(Network):
    """WideResNet → transformer, LSTM or nothing → fully connected head."""

    config_class = HybridConfig
    stem_modules = ("resnet.stem",)

    def __init__(self, config: HybridConfig) -> None:
        super().__init__(config)
        self.resnet = WideResNet(**config.resnet)
        channels = self.resnet.channels
        positions = config.length // config.resnet["stem_pool"]
        for stride in config.resnet["strides"]:
            positions = -(-positions // stride)
        sizes = dict(config.sequence)
        self._skip = sizes.pop("skip", True)
        self.sequence: nn.Module | None = None
        kind = sizes.pop("kind")
        if kind == "lstm":
            self.sequence = Lstm(channels, **sizes)
        elif kind == "rotary":
            self.sequence = RotaryTransformer(channels, **sizes)
        elif kind != "none":
            self.sequence = Transformer(channels, positions, kind=kind, **sizes)
        if self.sequence is not None:
            channels = sizes["channels"] + (channels if self._skip else 0)
        head = dict(config.head)
        pooled = {"flatten": FlattenHead, "attention": AttentionHead}[head.pop("pooling")]
        if pooled is AttentionHead:
            head.pop("batch_norm", None)
        self.head = pooled(channels, positions, config.targets, **head)
        self.post_init()

    @property
    def gradcam_layer(self) -> str:
        """The first residual block whose receptive field holds a whole motif, else the last.

        Later blocks localise less well: a position of theirs sees motifs beside it as well as
        one within it. The normalisation after the last block shifts channels away from zero,
        so that inactive channels contribute, too.
        """
        fields = self.resnet.receptive_fields
        block = next((n for n, bp in enumerate(fields) if bp >= _MOTIF_LENGTH), len(fields) - 1)
        return f"resnet.blocks.{block}"

    @property
    def output_layer(self) -> nn.Linear:
        """The last layer of the head."""
        return self.head.output

    @property
    def motif_detectors(self) -> nn.Conv1d | None:
        """The first convolution, unless its input is an embedding of the bases."""
        stem = self.resnet.stem
        return stem.convolution if isinstance(stem.embed, nn.Identity) else None

    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        """Logits, shape=(batch, targets), of one-hot sequences, (batch, 4, length)."""
        features = self.resnet(sequences).transpose(1, 2)
        if self.sequence is not None:
            related = self.sequence(features)
            features = torch.cat([features, related], dim=-1) if self._skip else related
        return self.head(features)
