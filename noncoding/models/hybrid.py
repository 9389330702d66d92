"""The hybrid: WideResNet, a part that relates positions, and a head that sees both."""

from typing import Any

import torch
from torch import nn
from transformers import PreTrainedConfig

from .head import HEADS, positions_after, start_at_prevalence
from .network import Network
from .sequence import SEQUENCE_PARTS
from .wide_resnet import WideResNet


class HybridConfig(PreTrainedConfig):
    """All sizes of a `Hybrid`; the keys are those of ``models:`` in config.yaml.

    Parameters
    ----------
    length : int
        Window in bp.
    targets : int
        Number of logits.
    resnet, sequence, head : dict
        Keyword arguments of `WideResNet`, the sequence part and the head. The
        sequence part's ``kind`` is ``none`` or a key of `SEQUENCE_PARTS`, and
        ``skip`` says whether the head sees the residual network's features
        beside it; the head's ``pooling`` is a key of `HEADS`.
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


MOTIF = 24
"""bp: hardly a motif of JASPAR's CORE collection is longer."""


class Hybrid(Network):
    """WideResNet → Transformer-XL, LSTM, BERT or nothing → fully connected head.

    With ``skip`` the head sees the features of the residual network side by
    side with what the sequence part made of them.
    """

    config_class = HybridConfig

    def __init__(self, config: HybridConfig) -> None:
        super().__init__(config)
        self.resnet = WideResNet(**config.resnet)
        channels = self.resnet.channels
        positions = positions_after(
            config.length, [config.resnet["stem_pool"], *config.resnet["strides"]]
        )
        sizes = dict(config.sequence)
        kind, self._skip = sizes.pop("kind"), sizes.pop("skip", True)
        self.sequence = None
        if kind != "none":
            self.sequence = SEQUENCE_PARTS[kind](channels, positions, **sizes)
            channels = self.sequence.channels + (channels if self._skip else 0)
        head = dict(config.head)
        self.head = HEADS[head.pop("pooling")](channels, positions, config.targets, **head)
        self.post_init()

    @property
    def gradcam_layer(self) -> str:
        """The first residual block whose positions see a whole motif, else the last.

        Later blocks tell less of where something stands: a deep position sees a motif
        beside it as well as one within it. The norm after the last block shifts channels
        away from zero, which lets silent ones speak.
        """
        fields = self.resnet.receptive_fields
        block = next((n for n, seen in enumerate(fields) if seen >= MOTIF), len(fields) - 1)
        return f"resnet.blocks.{block}"

    def set_prevalence(self, prevalence: torch.Tensor) -> None:
        """Start the logits at the log-odds of the prevalence, shape=(targets,)."""
        start_at_prevalence(self.head.output, prevalence)

    @property
    def motif_detectors(self) -> nn.Conv1d | None:
        """The first convolution, unless it sees an embedding."""
        stem = self.resnet.stem
        return None if stem.embeds else stem.convolution

    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        """Logits, shape=(batch, targets), of one-hot sequences, (batch, 4, length)."""
        features = self.resnet(sequences).transpose(1, 2)
        if self.sequence is not None:
            related = self.sequence(features)
            features = torch.cat([features, related], dim=-1) if self._skip else related
        return self.head(features)
