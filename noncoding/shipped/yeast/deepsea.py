"""DeepSEA: three convolutions and a fully connected layer (Zhou & Troyanskaya 2015)."""

from typing import Any

import torch
from torch import nn
from transformers import PreTrainedConfig

from .network import TwoLayerHead


class DeepSeaConfig(PreTrainedConfig):
    """Sizes of a `DeepSea`; the keys are those of ``models:`` in config.yaml.

    Parameters
    ----------
    length, targets : int
        Window in bp, and number of logits.
    channels : list of int
        Of the convolutions, one entry each.
    kernel : int
        Of the convolutions, in positions.
    pool : int
        Max-pooling after each convolution but the last, in positions.
    hidden : int
        Units of the fully connected layer.
    dropout : list of float
        After each convolution.
    """

    model_type = "noncoding-deepsea"

    def __init__(
        self,
        length: int = 1000,
        targets: int = 919,
        channels: list[int] | None = None,
        kernel: int = 8,
        pool: int = 4,
        hidden: int = 925,
        dropout: list[float] | None = None,
        **kwargs: Any,
    ) -> None:
        self.length = length
        self.targets = targets
        self.channels = channels or [320, 480, 960]
        self.kernel = kernel
        self.pool = pool
        self.hidden = hidden
        self.dropout = dropout or [0.2, 0.2, 0.5]
        super().__init__(**kwargs)


class DeepSea(TwoLayerHead):
    """DeepSEA as in its supplementary note: without normalisation or padding, and with ReLU.

    Raises
    ------
    ValueError
        The window is too short for the convolutions.
    """

    config_class = DeepSeaConfig

    def __init__(self, config: DeepSeaConfig) -> None:
        super().__init__(config)
        layers: list[nn.Module] = []
        before, positions = 4, config.length
        last = len(config.channels) - 1
        for number, (channels, dropout) in enumerate(
            zip(config.channels, config.dropout, strict=True)
        ):
            layers += [nn.Conv1d(before, channels, config.kernel), nn.ReLU()]
            before, positions = channels, positions - config.kernel + 1
            if number < last:
                layers.append(nn.MaxPool1d(config.pool))
                positions //= config.pool
            layers.append(nn.Dropout(dropout))
            if number == 0:
                self.stem_modules = tuple(f"convolutions.{n}" for n in range(len(layers)))
        if positions < 1:
            raise ValueError(f"a window of {config.length} bp is too short for its convolutions")
        self.convolutions = nn.Sequential(*layers)
        self.add_head(before * positions, config.hidden, config.targets)
        # He et al. 2015. With torch's default initialisation signals shrink from layer to layer,
        # and the loss does not fall within hundreds of steps.
        for layer in (*self.convolutions, self.hidden):
            if isinstance(layer, nn.Conv1d | nn.Linear) and layer.bias is not None:
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)
        self.post_init()

    @property
    def gradcam_layer(self) -> str:
        """The last activation of the convolutions, before its dropout."""
        return f"convolutions.{len(self.convolutions) - 2}"

    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        """Logits, shape=(batch, targets), of one-hot sequences, (batch, 4, length)."""
        return self.classify(self.convolutions(sequences))
