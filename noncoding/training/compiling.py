"""torch.compile where it pays, and training without it where it fails."""

import logging
from contextlib import AbstractContextManager

import torch
from torch import nn

from noncoding.training.failures import is_out_of_memory

log = logging.getLogger(__name__)


def pays(wanted: str | bool, device: torch.device) -> bool:
    """Whether to compile.

    Parameters
    ----------
    wanted : str or bool
        ``auto`` (on a GPU), ``on`` or ``off``; in YAML these are true and false.
    device : torch.device
        That trains.
    """
    return device.type == "cuda" if wanted == "auto" else wanted in (True, "on")


class CompiledNetwork:
    """A network that is called compiled as long as that works.

    Whatever graph fails, at whatever call, the same batch is computed again without
    compilation, and so is everything after it; training and evaluation, which have
    graphs of their own, fall back independently, each with one warning. Running out
    of memory is not a failure of the compiler, and is raised.

    Parameters
    ----------
    network : torch.nn.Module
        Its parameters and their names stay as they are.
    """

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        # Batches have two sizes; a graph for any size would be slower at both.
        self._compiled = torch.compile(network.forward, dynamic=False)
        self._phases = {True: "training", False: "evaluation"}

    def __call__(self, sequences: torch.Tensor) -> torch.Tensor:
        """Logits of sequences, as the network gives them."""
        if self._network.training in self._phases:
            try:
                return self._compiled(sequences)
            except Exception as error:
                self._fall_back(error)
        return self._network(sequences)

    def try_training(self, sequences: torch.Tensor, context: AbstractContextManager[None]) -> None:
        """Compile for a batch, and run it forward and backward.

        A backward pass that fails later could not be repeated: the caller has begun it.
        Statistics and gradients stay as they are.

        Parameters
        ----------
        sequences : torch.Tensor, shape=(batch, 4, length), dtype=float
        context : context manager
            What the training computes under, e.g. a lower precision.
        """
        statistics = [(buffer, buffer.clone()) for buffer in self._network.buffers()]
        parameters = [p for p in self._network.parameters() if p.requires_grad]
        try:
            with context:
                loss = self(sequences).float().sum()
            torch.autograd.grad(loss, parameters, allow_unused=True)
        except Exception as error:
            self._fall_back(error)
        finally:
            for buffer, before in statistics:
                buffer.copy_(before)

    def _fall_back(self, error: Exception) -> None:
        if is_out_of_memory(error):
            raise error
        phase = self._phases.pop(self._network.training, None)
        if phase is None:  # it was not the compiled code that failed
            raise error
        # Dynamo's first line names the backend, and the second one what it raised.
        message = " ".join(str(error).splitlines()[:2])
        log.warning(
            "torch.compile failed; %s goes on without it: %s: %s",
            phase,
            type(error).__name__,
            message,
        )
