"""DanQ: a convolution and a bidirectional LSTM (Quang & Xie 2016)."""

from typing import Any

import torch
from torch import nn
from transformers import PreTrainedConfig

from .network import TwoLayerHead
from .sequence import LstmStates


class DanQConfig(PreTrainedConfig):
    """Sizes of a `DanQ`; the keys are those of ``models:`` in config.yaml.

    Parameters
    ----------
    length, targets : int
        Window in bp, and number of logits.
    channels, kernel, pool : int
        The convolution (kernel in bp), and the max-pooling after it, in bp.
    lstm : int
        Units of the LSTM in each direction.
    hidden : int
        Units of the fully connected layer.
    dropout : list of float
        After the pooling and after the LSTM.
    """

    model_type = "noncoding-danq"

    def __init__(
        self,
        length: int = 1000,
        targets: int = 919,
        channels: int = 320,
        kernel: int = 26,
        pool: int = 13,
        lstm: int = 320,
        hidden: int = 925,
        dropout: list[float] | None = None,
        **kwargs: Any,
    ) -> None:
        self.length = length
        self.targets = targets
        self.channels = channels
        self.kernel = kernel
        self.pool = pool
        self.lstm = lstm
        self.hidden = hidden
        self.dropout = dropout or [0.2, 0.5]
        super().__init__(**kwargs)


class DanQ(TwoLayerHead):
    """DanQ as published: without normalisation or padding, and with ReLU.

    The LSTM of torch has two bias vectors where that of Keras has one: there are
    ``8 * lstm`` more parameters than published.

    Raises
    ------
    ValueError
        The window is too short for the convolution and the pooling.
    """

    config_class = DanQConfig
    stem_modules = ("convolution", "activation", "pool", "after_pool")

    def __init__(self, config: DanQConfig) -> None:
        super().__init__(config)
        positions = (config.length - config.kernel + 1) // config.pool
        if positions < 1:
            raise ValueError(f"a window of {config.length} bp is too short for its convolution")
        after_pool, after_lstm = config.dropout
        self.convolution = nn.Conv1d(4, config.channels, config.kernel)
        # A module, so that DeepLIFT's rescale rule applies to it.
        self.activation = nn.ReLU()
        self.pool = nn.MaxPool1d(config.pool)
        self.after_pool = nn.Dropout(after_pool)
        self.lstm = LstmStates(config.channels, config.lstm)
        self.after_lstm = nn.Dropout(after_lstm)
        self.add_head(2 * config.lstm * positions, config.hidden, config.targets)
        self.post_init()

    @property
    def gradcam_layer(self) -> str:
        """The pooled motif detectors."""
        return "pool"

    @property
    def motif_detectors(self) -> nn.Conv1d:
        """The first convolution."""
        return self.convolution

    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        """Logits, shape=(batch, targets), of one-hot sequences, (batch, 4, length)."""
        features = self.after_pool(self.pool(self.activation(self.convolution(sequences))))
        return self.classify(self.after_lstm(self.lstm(features.transpose(1, 2))))
