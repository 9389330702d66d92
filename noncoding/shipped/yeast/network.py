"""The interface that every network of this project provides."""

from abc import abstractmethod

import torch
from torch import nn
from transformers import PreTrainedModel


class Network(PreTrainedModel):
    """One-hot sequences to logits.

    The configuration has ``length`` (bp) and ``targets``.
    """

    main_input_name = "sequences"

    @property
    @abstractmethod
    def gradcam_layer(self) -> str:
        """Name of the convolutional layer that Grad-CAM reads by default."""

    @property
    def convolutional_part(self) -> str:
        """Name of the part whose layers Grad-CAM can read."""
        return self.gradcam_layer.partition(".")[0]

    @property
    def motif_detectors(self) -> nn.Conv1d | None:
        """The convolution whose kernels are applied to bases, if there is one."""
        return None

    @property
    @abstractmethod
    def output_layer(self) -> nn.Linear:
        """The layer whose biases are those of the logits."""

    def set_prevalence(self, prevalence: torch.Tensor) -> None:
        """Initialise the biases of the logits with the log-odds of the prevalence.

        ``bias = -log((1 - π) / π)``, so that the first epochs need not learn the class
        imbalance (Lin et al. 2017, section 4.1).

        Parameters
        ----------
        prevalence : torch.Tensor, shape=(targets,)
            Share of positive rows, strictly between 0 and 1.
        """
        with torch.no_grad():
            self.output_layer.bias.copy_(torch.logit(prevalence))

    @abstractmethod
    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        """Logits of sequences.

        Parameters
        ----------
        sequences : torch.Tensor, shape=(batch, 4, length), dtype=float
            One-hot in the order A, C, G, T; N is a column of zeros.

        Returns
        -------
        torch.Tensor, shape=(batch, targets)
        """

    # The hook by which transformers initialises layers; it has no public name.
    def _init_weights(self, module: nn.Module) -> None:
        """Keep the initial weights of each layer's constructor."""


class TwoLayerHead(Network):
    """A network that ends in two fully connected layers over all positions."""

    def add_head(self, features: int, hidden: int, targets: int) -> None:
        """Add the layers, for channels times positions ``features``.

        To be called after all other layers, which come first in the state.
        """
        self.hidden = nn.Linear(features, hidden)
        # A module, so that DeepLIFT's rescale rule applies to it.
        self.hidden_activation = nn.ReLU()
        self.output = nn.Linear(hidden, targets)

    @property
    def output_layer(self) -> nn.Linear:
        """The second layer."""
        return self.output

    def classify(self, features: torch.Tensor) -> torch.Tensor:
        """Logits, shape=(batch, targets), of features, shape=(batch, n, m)."""
        return self.output(self.hidden_activation(self.hidden(features.flatten(1))))
