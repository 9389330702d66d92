"""The hybrid network: WideResNet, sequence layers and a fully connected head."""

from typing import Any

import torch
from torch import nn
from transformers import PreTrainedConfig

from .head import AttentionHead, FlattenHead
from .network import Network
from .sequence import Lstm, Transformer
from .wide_resnet import WideResNet


class HybridConfig(PreTrainedConfig):
    """All sizes of a `Hybrid`; the keys are those of ``models:`` in config.yaml.

    Parameters
    ----------
    length, targets : int
        Window in bp, and number of logits.
    resnet, sequence, head : dict
        Arguments of `WideResNet`, the sequence layers and the head. The ``kind`` of
        sequence layers is ``transformer_xl``, ``bert``, ``lstm`` or ``none``; with ``skip``
        the features of the residual network are concatenated to their output. The
        ``pooling`` of the head is ``flatten`` or ``attention``.
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
    """WideResNet → Transformer-XL, LSTM, BERT or nothing → fully connected head."""

    config_class = HybridConfig

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
        if sizes["kind"] == "lstm":
            del sizes["kind"]
            self.sequence = Lstm(channels, **sizes)
        elif sizes["kind"] != "none":
            self.sequence = Transformer(channels, positions, **sizes)
        if self.sequence is not None:
            channels = sizes["channels"] + (channels if self._skip else 0)
        head = dict(config.head)
        kind = {"flatten": FlattenHead, "attention": AttentionHead}[head.pop("pooling")]
        self.head = kind(channels, positions, config.targets, **head)
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
        return self.head.output  # type: ignore[return-value] # of either type of head

    @property
    def motif_detectors(self) -> nn.Conv1d | None:
        """The first convolution, unless its input is an embedding of the bases."""
        stem = self.resnet.stem
        return None if stem.embeds else stem.convolution

    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        """Logits, shape=(batch, targets), of one-hot sequences, (batch, 4, length)."""
        features = self.resnet(sequences).transpose(1, 2)
        if self.sequence is not None:
            related = self.sequence(features)
            features = torch.cat([features, related], dim=-1) if self._skip else related
        return self.head(features)
