"""The hybrid: WideResNet, Transformer-XL, and a head that sees both."""

from typing import Any

import torch
from transformers import PreTrainedConfig

from noncoding.models.head import HEADS, positions_after
from noncoding.models.network import Network
from noncoding.models.transformer_xl import TransformerXL
from noncoding.models.wide_resnet import WideResNet


class HybridConfig(PreTrainedConfig):
    """All sizes of a `Hybrid`; the keys are those of ``models:`` in config.yaml.

    Parameters
    ----------
    length : int
        Window in bp.
    targets : int
        Number of logits.
    resnet, transformer, head : dict
        Keyword arguments of `WideResNet`, `TransformerXL` and the head; the
        head's ``pooling`` is a key of `HEADS`; a transformer with no layers is
        left out.
    """

    model_type = "noncoding-hybrid"

    def __init__(
        self,
        length: int = 1000,
        targets: int = 1,
        resnet: dict[str, Any] | None = None,
        transformer: dict[str, Any] | None = None,
        head: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self.length = length
        self.targets = targets
        self.resnet = resnet or {}
        self.transformer = transformer or {}
        self.head = head or {}
        super().__init__(**kwargs)


class Hybrid(Network):
    """WideResNet → Transformer-XL → fully connected head.

    The head sees the features of the residual network through a skip
    connection, side by side with what the Transformer-XL made of them.
    """

    config_class = HybridConfig

    def __init__(self, config: HybridConfig) -> None:
        super().__init__(config)
        self.resnet = WideResNet(**config.resnet)
        channels = self.resnet.channels
        self.transformer = None
        if config.transformer.get("layers"):
            self.transformer = TransformerXL(channels, **config.transformer)
            channels += config.transformer["channels"]
        head = dict(config.head)
        self.head = HEADS[head.pop("pooling")](
            channels,
            positions_after(config.length, [config.resnet["stem_pool"], *config.resnet["strides"]]),
            config.targets,
            **head,
        )
        self.post_init()

    @property
    def gradcam_layer(self) -> str:
        """The last residual block, before the norm that shifts its channels."""
        return f"resnet.blocks.{len(self.resnet.blocks) - 1}"

    def set_prevalence(self, prevalence: torch.Tensor) -> None:
        """Start the logits at the log-odds of the prevalence, shape=(targets,)."""
        self.head.set_prevalence(prevalence)

    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        """Logits, shape=(batch, targets), of one-hot sequences, (batch, 4, length)."""
        features = self.resnet(sequences).transpose(1, 2)
        if self.transformer is not None:
            features = torch.cat([features, self.transformer(features)], dim=-1)
        return self.head(features)
