"""torch.compile, with a fallback for when it fails."""

import logging
from contextlib import AbstractContextManager

import torch
from torch import nn

from noncoding.training.failures import is_out_of_memory

log = logging.getLogger(__name__)


class CompiledNetwork:
    """A network compiled for training, which falls back to the network when the compiler fails.

    After a failure, the same batch and all further ones are computed without compilation, with
    one warning. Exhausted memory is not a failure of the compiler, and is raised.

    Parameters
    ----------
    network : torch.nn.Module
        Its parameters and their names do not change.
    cuda_graphs : bool
        Whether the kernels of a step are launched together, so that a GPU does not wait for
        the host.
    """

    def __init__(self, network: nn.Module, *, cuda_graphs: bool = False) -> None:
        self._network = network
        mode = "reduce-overhead" if cuda_graphs else None
        # Batches have two sizes; a graph with a dynamic size would be slower for both.
        self._compiled = torch.compile(network.forward, dynamic=False, mode=mode)
        self._failed = False

    def __call__(self, sequences: torch.Tensor) -> torch.Tensor:
        """Logits of sequences."""
        if not self._failed:
            try:
                return self._compiled(sequences)
            except Exception as error:  # noqa: BLE001 – the compiler raises many kinds
                self._fall_back(error)
        return self._network(sequences)

    def try_training(self, sequences: torch.Tensor, context: AbstractContextManager[None]) -> None:
        """Compile for a batch, and run a forward and a backward pass.

        A backward pass that fails later is the caller's, and cannot be repeated. Statistics
        and gradients do not change.

        Parameters
        ----------
        sequences : torch.Tensor, shape=(batch, 4, length), dtype=float
        context : context manager
            Of the training, e.g. of a lower precision.
        """
        statistics = [(buffer, buffer.clone()) for buffer in self._network.buffers()]
        parameters = [p for p in self._network.parameters() if p.requires_grad]
        try:
            with context:
                loss = self(sequences).float().sum()
            torch.autograd.grad(loss, parameters, allow_unused=True)
        except Exception as error:  # noqa: BLE001
            self._fall_back(error)
        finally:
            for buffer, before in statistics:
                buffer.copy_(before)

    def _fall_back(self, error: Exception) -> None:
        if is_out_of_memory(error) or self._failed:  # then it is not of the compiled code
            raise error
        self._failed = True
        # Dynamo's first line names the backend, and the second one its error.
        message = " ".join(str(error).splitlines()[:2])
        log.warning(
            "torch.compile failed; training continues without it: %s: %s",
            type(error).__name__,
            message,
        )
