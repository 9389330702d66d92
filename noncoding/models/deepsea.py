"""DeepSEA: three convolutions and a fully connected layer (Zhou & Troyanskaya 2015)."""

from typing import Any

import torch
from torch import nn
from transformers import PreTrainedConfig

from .head import start_at_prevalence
from .network import Network


class DeepSeaConfig(PreTrainedConfig):
    """Sizes of a `DeepSea`; the keys are those of ``models:`` in config.yaml.

    Parameters
    ----------
    length : int
        Window in bp.
    targets : int
        Number of logits.
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


class DeepSea(Network):
    """DeepSEA as in its supplementary note: no norms, no padding, ReLU.

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
        if positions < 1:
            raise ValueError(f"a window of {config.length} bp is too short for its convolutions")
        self.convolutions = nn.Sequential(*layers)
        self.hidden = nn.Linear(before * positions, config.hidden)
        # A module, so that DeepLIFT's rule reaches it.
        self.hidden_activation = nn.ReLU()
        self.output = nn.Linear(config.hidden, config.targets)
        # He et al. 2015. With torch's own start, signals shrink from layer to layer, and the
        # network does not begin to learn within hundreds of steps.
        for layer in (*self.convolutions, self.hidden):
            if isinstance(layer, nn.Conv1d | nn.Linear) and layer.bias is not None:
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)
        self.post_init()

    @property
    def gradcam_layer(self) -> str:
        """The last activation of the convolutions, before its dropout."""
        return f"convolutions.{len(self.convolutions) - 2}"

    def set_prevalence(self, prevalence: torch.Tensor) -> None:
        """Start the logits at the log-odds of the prevalence, shape=(targets,)."""
        start_at_prevalence(self.output, prevalence)

    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        """Logits, shape=(batch, targets), of one-hot sequences, (batch, 4, length)."""
        features = self.convolutions(sequences)
        return self.output(self.hidden_activation(self.hidden(features.flatten(1))))
