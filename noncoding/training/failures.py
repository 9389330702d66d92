"""Non-finite numbers and exhausted memory, and the errors that report them."""

import gc
import re
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from noncoding.common.errors import InputError
from noncoding.models.layers import channels_last
from noncoding.models.network import Network


def non_finite_weights(network: nn.Module) -> str | None:
    """The first parameter or statistic with NaN or infinity, in words; None if there is none."""
    parameters = dict(network.named_parameters()) | {
        name: buffer for name, buffer in network.named_buffers() if buffer.is_floating_point()
    }
    # One synchronisation with the device for all of them; the maximum of NaN is NaN.
    largest = [
        torch.linalg.vector_norm(p.detach(), torch.inf) for p in parameters.values() if p.numel()
    ]
    finite = torch.stack(largest).isfinite()
    if bool(finite.all()):
        return None
    return f"the weights {list(parameters)[int((~finite).nonzero()[0])]}"


@torch.no_grad()
def non_finite_place(network: nn.Module, sequences: torch.Tensor) -> str:
    """Where NaN or infinity first occurs in a forward pass: weights, a layer or the loss."""
    if weights := non_finite_weights(network):
        return weights
    found: list[str] = []

    def check(name: str, _module: nn.Module, _inputs: object, output: object) -> None:
        tensor = output[0] if isinstance(output, tuple) else output
        if isinstance(tensor, torch.Tensor) and not bool(tensor.isfinite().all()):
            found.append(name)

    handles = [
        module.register_forward_hook(partial(check, name))
        for name, module in network.named_modules()
        if not list(module.children())
    ]
    try:
        network(sequences)
    finally:
        for handle in handles:
            handle.remove()
    return f"the output of the layer {found[0]}" if found else "the loss; every layer is finite"


def non_finite(epoch: int, batch: int | None, place: str, checkpoint: Path | None) -> InputError:
    """The error of a training that diverged at a place (see `non_finite_place`).

    Epochs and batches are counted from 0; without a batch, it was found in the validation after
    the epoch. The checkpoint is the latest one.
    """
    kept = checkpoint is not None and checkpoint.exists()
    return InputError(
        f"training, epoch {epoch + 1}, {'validation' if batch is None else f'batch {batch + 1}'}",
        f"NaN or infinity in {place}",
        "a finite loss",
        "Lower learning_rate, or lengthen warmup_steps, in the section train of the model or, if "
        "it has none, of the configuration."
        + (f" The last finite checkpoint is {checkpoint}." if kept else ""),
    )


# Messages of torch's RuntimeError for memory outside its own GPU allocator:
# the CUDA or HIP runtime and driver, MPS and Triton ("out of memory"); cuBLAS, cuDNN and their
# AMD counterparts (a status); cuDNN without memory for the workspace of any of its algorithms;
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
    """Whether an error reports that the memory of a GPU or of the machine is exhausted."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and bool(_OUT_OF_MEMORY.search(str(error)))


def free_memory(error: BaseException) -> None:
    """Free unreachable objects, the local variables of an error's frames, and cached memory."""
    chained: BaseException | None = error
    while chained:
        traceback.clear_frames(chained.__traceback__)
        chained = chained.__context__
    torch.compiler.reset()  # CUDA graphs keep their memory
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def fitting_batch(
    network: Network,
    device: torch.device,
    below: int,
    context: Callable[[], AbstractContextManager[Any]],
) -> int:
    """The largest of a half, a quarter, … of a batch whose forward and backward pass fit.

    Parameters
    ----------
    below : int
        Rows that do not fit.
    context : callable
        Context manager of the computation, e.g. of a lower precision.

    Returns
    -------
    int
        0 if not even three rows fit.
    """
    network.zero_grad(set_to_none=True)
    nn.Module.to(network, device)
    # As much memory as the two moments of AdamW and the averaged weights take.
    reserved = [torch.empty_like(p) for p in network.parameters() for _ in range(3)]
    size = below
    while size > 3:
        size = max(3, size // 2)
        try:
            with context(), channels_last():
                logits = network(torch.zeros(size, 4, network.config.length, device=device))
                labels = torch.zeros(size, network.config.targets, device=device)
                loss = F.binary_cross_entropy_with_logits(logits, labels)
            loss.backward()
        except Exception as error:
            if not is_out_of_memory(error):
                raise
        else:
            return size
        finally:
            network.zero_grad(set_to_none=True)
            if device.type == "cuda":
                torch.cuda.empty_cache()
    del reserved
    return 0


def out_of_memory(model: str, batch_size: int, fits: int) -> InputError:
    """The error of a batch that does not fit into memory, with the size of one that does, or 0."""
    section = f"models.{model}.train"
    expected = "a batch that fits; not even 3 rows do"
    remedy = "Use a smaller model, or a device with more memory."
    if fits:
        expected = f"at most {fits} rows, which fit"
        remedy = (
            f"Set {section}.batch_size to {fits} and multiply accumulate by "
            f"{-(-batch_size // fits)}, which keeps the number of rows per update."
        )
    return InputError(
        f"configuration, key {section}.batch_size",
        f"{batch_size} rows per step and device, for which the memory is too small",
        expected,
        remedy,
    )
