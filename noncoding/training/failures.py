"""Numbers that are not finite, memory that runs out, and the errors that report them."""

import gc
import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from noncoding.common.errors import InputError


def first_parameter_not_finite(network: nn.Module) -> str | None:
    """Name of the first parameter or statistic that holds NaN or infinity, if any does."""
    parameters = dict(network.named_parameters()) | {
        name: buffer for name, buffer in network.named_buffers() if buffer.is_floating_point()
    }
    # One wait for the device for all of them; the largest one is NaN where any is.
    largest = [
        torch.linalg.vector_norm(p.detach(), torch.inf) for p in parameters.values() if p.numel()
    ]
    finite = torch.stack(largest).isfinite()
    if bool(finite.all()):
        return None
    return f"the weights {list(parameters)[int((~finite).nonzero()[0])]}"


@torch.no_grad()
def first_layer_not_finite(network: nn.Module, sequences: torch.Tensor) -> str:
    """Where NaN or infinity comes up first, on the way from a batch to its logits.

    Parameters
    ----------
    network : torch.nn.Module
    sequences : torch.Tensor, shape=(batch, 4, length), dtype=float

    Returns
    -------
    str
        Words for a person: weights, or the output of a layer, or the loss.
    """
    if broken := first_parameter_not_finite(network):
        return broken
    found: list[str] = []

    def watch(name: str) -> None:
        def note(_module: nn.Module, _inputs: object, output: object) -> None:
            tensor = output[0] if isinstance(output, tuple) else output
            if isinstance(tensor, torch.Tensor) and not bool(tensor.isfinite().all()):
                found.append(name)

        handles.append(modules[name].register_forward_hook(note))

    handles: list[torch.utils.hooks.RemovableHandle] = []
    modules = {
        name: module for name, module in network.named_modules() if not list(module.children())
    }
    for name in modules:
        watch(name)
    try:
        network(sequences)
    finally:
        for handle in handles:
            handle.remove()
    return f"the output of the layer {found[0]}" if found else "the loss; every layer is finite"


def unbounded(epoch: int, batch: int, place: str, checkpoint: Path | None) -> InputError:
    """The error of a training whose numbers ran away.

    Parameters
    ----------
    epoch, batch : int
        From 0.
    place : str
        Where it was seen first.
    checkpoint : Path or None
        The last good one, if there is any.
    """
    kept = checkpoint is not None and checkpoint.exists()
    return InputError(
        f"training, epoch {epoch + 1}, batch {batch + 1}",
        f"NaN or infinity in {place}",
        "a finite loss",
        "Lower train.learning_rate, or lengthen train.warmup_steps."
        + (f" The last good checkpoint is {checkpoint}." if kept else ""),
    )


# What torch says, as a plain RuntimeError, where it is not its own allocator that ran out:
# the CUDA or HIP runtime and driver, MPS and Triton ("out of memory"); cuBLAS, cuDNN and their
# AMD counterparts (a status); cuDNN with no room for the workspace of any of its algorithms;
# and the allocator of the CPU.
_OUT_OF_MEMORY = re.compile(
    r"out of memory"
    r"|(CUBLAS|CUDNN|HIPBLAS|CUSOLVER|CUSPARSE)_STATUS_(ALLOC_FAILED|\w+_ALLOCATION_FAILED)"
    r"|miopenStatusAllocFailed"
    r"|unable to find an engine to execute this computation"
    r"|can't allocate memory|not enough memory",
    re.IGNORECASE,
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory has run out, of a GPU or of the machine."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and bool(_OUT_OF_MEMORY.search(str(error)))


def free_memory() -> None:
    """Free what nothing refers to any more, also in cycles and in caches of the allocator."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def fitting_batch(
    network: nn.Module,
    device: torch.device,
    *,
    length: int,
    targets: int,
    below: int,
    context: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> int:
    """The largest half, quarter, … of a batch that goes forward and backward.

    Parameters
    ----------
    network : torch.nn.Module
    device : torch.device
    length, targets : int
        Of the rows.
    below : int
        Rows that did not fit.
    context : callable
        What to compute under, e.g. a lower precision.

    Returns
    -------
    int
        0 if not even three rows fit.
    """
    nn.Module.to(network, device)
    # Room for the two moments that AdamW makes in the first step, and for the averaged weights.
    beside = [torch.empty_like(p) for p in network.parameters() for _ in range(3)]
    size = below // 2
    while size >= 3:
        try:
            with context():
                logits = network(torch.zeros(size, 4, length, device=device))
                labels = torch.zeros(size, targets, device=device)
                loss = F.binary_cross_entropy_with_logits(logits, labels)
            loss.backward()
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            size //= 2
        else:
            return size
        finally:
            network.zero_grad(set_to_none=True)
            if device.type == "cuda":
                torch.cuda.empty_cache()
    del beside
    return 0


def out_of_memory(batch_size: int, fits: int) -> InputError:
    """The error of a batch that is too large for the memory."""
    remedy = (
        f"Set train.batch_size to {fits} and train.accumulate to {-(-batch_size // fits)} times "
        "what it is, which keeps the rows an update, or set train.on_out_of_memory to halve."
        if fits
        else "Use a smaller model, or a device with more memory."
    )
    return InputError(
        "configuration, key train.batch_size",
        f"{batch_size} rows a step and device, for which the memory is too small",
        f"at most {fits} rows, which were tried"
        if fits
        else "a batch that fits; not even 3 rows do",
        remedy,
    )
