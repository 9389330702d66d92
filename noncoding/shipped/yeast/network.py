"""The interface that every network of this project provides."""

import inspect
from typing import Any, Self

import torch
from torch import nn
from transformers import PreTrainedConfig, PreTrainedModel

PARTS = ("stem", "body", "head")
"""Parts of a network, from its input to its output."""


def config_of(kind: type[PreTrainedConfig], values: dict[str, Any]) -> PreTrainedConfig:
    """A configuration with those of the values that are parameters of its constructor.

    Others would be passed to transformers, in which some choose code that is downloaded and run.
    """
    names = inspect.signature(kind).parameters.keys() - {"kwargs"}
    return kind(**{name: value for name, value in values.items() if name in names})


class Network(PreTrainedModel):
    """One-hot sequences to logits.

    The configuration has ``length`` (bp) and ``targets``.

    Attributes
    ----------
    stem_modules : tuple of str
        Names of the first convolution and of what belongs to it: normalisation, activation,
        pooling and dropout.
    head_modules : tuple of str
        Names of the layers after the features of the sequence.
    frozen : tuple of str
        Those of `PARTS` that are not trained, see `freeze`.
    """

    main_input_name = "sequences"
    stem_modules: tuple[str, ...] = ()
    head_modules: tuple[str, ...] = ("head",)
    frozen: tuple[str, ...] = ()

    def part_of(self, name: str) -> str:
        """The part, one of `PARTS`, of a module, parameter or buffer with this name."""
        for part, modules in (("stem", self.stem_modules), ("head", self.head_modules)):
            if any(name == module or name.startswith(f"{module}.") for module in modules):
                return part
        return "body"

    @property
    def parts(self) -> dict[str, list[str]]:
        """Each of `PARTS` with the names of its parameters."""
        found: dict[str, list[str]] = {part: [] for part in PARTS}
        for name, _ in self.named_parameters():
            found[self.part_of(name)].append(name)
        return found

    def freeze(self, *parts: str) -> None:
        """Exclude parts from training.

        Their parameters require no gradient. Their modules stay in evaluation mode, so that
        statistics of batch normalisation do not change either, and there is no dropout.
        """
        self.frozen = parts
        for name, parameter in self.named_parameters():
            if self.part_of(name) in parts:
                parameter.requires_grad_(False)
        self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        """Set the mode of all modules that are not frozen; those that are stay in evaluation."""
        super().train(mode)
        if self.frozen:
            for name, module in self.named_modules():
                if name and self.part_of(name) in self.frozen:
                    module.training = False
        return self

    @property
    def gradcam_layer(self) -> str:
        """Name of the convolutional layer that Grad-CAM reads by default."""
        raise NotImplementedError

    @property
    def convolutional_part(self) -> str:
        """Name of the part whose layers Grad-CAM can read."""
        return self.gradcam_layer.partition(".")[0]

    @property
    def motif_detectors(self) -> nn.Conv1d | None:
        """The convolution whose kernels are applied to bases, if there is one."""
        return None

    @property
    def output_layer(self) -> nn.Linear:
        """The layer whose biases are those of the logits."""
        raise NotImplementedError

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
        raise NotImplementedError

    # The hook by which transformers initialises layers; it has no public name.
    def _init_weights(self, module: nn.Module) -> None:
        """Keep the initial weights of each layer's constructor."""


class TwoLayerHead(Network):
    """A network that ends in two fully connected layers over all positions."""

    head_modules = ("hidden", "hidden_activation", "output")

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
