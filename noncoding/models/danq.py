"""DanQ: motif detectors and a bidirectional LSTM over them (Quang & Xie 2016)."""

from typing import Any

import torch
from torch import nn
from transformers import PreTrainedConfig

from .head import start_at_prevalence
from .network import Network
from .recurrent import LstmStates


class DanQConfig(PreTrainedConfig):
    """Sizes of a `DanQ`; the keys are those of ``models:`` in config.yaml.

    Parameters
    ----------
    length : int
        Window in bp.
    targets : int
        Number of logits.
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


class DanQ(Network):
    """DanQ as published: no norms, no padding, ReLU.

    Torch's LSTM has two bias vectors where Keras' has one, so there are
    ``8 * lstm`` parameters more than published.

    Raises
    ------
    ValueError
        The window is too short for the convolution and the pooling.
    """

    config_class = DanQConfig

    def __init__(self, config: DanQConfig) -> None:
        super().__init__(config)
        positions = (config.length - config.kernel + 1) // config.pool
        if positions < 1:
            raise ValueError(f"a window of {config.length} bp is too short for its convolution")
        after_pool, after_lstm = config.dropout
        self.convolution = nn.Conv1d(4, config.channels, config.kernel)
        # Activations are modules, so that DeepLIFT's rules reach them.
        self.activation = nn.ReLU()
        self.pool = nn.MaxPool1d(config.pool)
        self.after_pool = nn.Dropout(after_pool)
        self.lstm = LstmStates(config.channels, config.lstm)
        self.after_lstm = nn.Dropout(after_lstm)
        self.hidden = nn.Linear(2 * config.lstm * positions, config.hidden)
        self.hidden_activation = nn.ReLU()
        self.output = nn.Linear(config.hidden, config.targets)
        self.post_init()

    @property
    def gradcam_layer(self) -> str:
        """The pooled motif detectors."""
        return "pool"

    def set_prevalence(self, prevalence: torch.Tensor) -> None:
        """Start the logits at the log-odds of the prevalence, shape=(targets,)."""
        start_at_prevalence(self.output, prevalence)

    @property
    def motif_detectors(self) -> nn.Conv1d:
        """The first convolution."""
        return self.convolution

    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        """Logits, shape=(batch, targets), of one-hot sequences, (batch, 4, length)."""
        features = self.after_pool(self.pool(self.activation(self.convolution(sequences))))
        features = self.after_lstm(self.lstm(features.transpose(1, 2)))
        return self.output(self.hidden_activation(self.hidden(features.flatten(1))))
