"""What every network of this project promises to the stages that use it."""

from abc import abstractmethod

import torch
from transformers import PreTrainedModel


class Network(PreTrainedModel):
    """One-hot sequences to logits, with a layer that Grad-CAM can read.

    Its configuration has ``length`` (bp) and ``targets``.
    """

    main_input_name = "sequences"

    @property
    @abstractmethod
    def gradcam_layer(self) -> str:
        """Name of the convolutional layer that Grad-CAM reads unless told otherwise."""

    @property
    def convolutional_part(self) -> str:
        """Name of the part whose layers Grad-CAM can read."""
        return self.gradcam_layer.partition(".")[0]

    @abstractmethod
    def set_prevalence(self, prevalence: torch.Tensor) -> None:
        """Start the logits at the log-odds of the prevalence, shape=(targets,)."""

    @property
    def motif_detectors(self) -> torch.nn.Conv1d | None:
        """The convolution whose kernels see bases, and can start as motifs; none by default."""
        return None

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

    def _init_weights(self, module: torch.nn.Module) -> None:
        """Leave every layer as its own constructor has set it."""
