"""Probabilities of sequences: devices, strands and batches."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from noncoding.common.devices import number_of_gpus
from noncoding.common.errors import InputError
from noncoding.common.prefetch import prefetched
from noncoding.data.one_hot import reverse_complement, unpack
from noncoding.data.store import BOTH, Store
from noncoding.models.forward_pass import forward_pass


def device() -> torch.device:
    """The GPU if there is one, otherwise the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def check_distances(option: str, distances: Iterable[int], length: int) -> None:
    """Refuse distances from the centre of a window that lead out of it.

    Parameters
    ----------
    option : str
        For the message.
    distances : iterable of int
        In bp.
    length : int
        Of the window in bp.

    Raises
    ------
    InputError
        A distance is more than half a window.
    """
    for distance in distances:
        if abs(distance) > length // 2:
            raise InputError(
                option,
                f"{distance} bp",
                f"at most {length // 2} bp on each side of the centre of a window of {length} bp",
                "Remove it.",
            )


def named_device(name: str) -> torch.device:
    """The device of a name: ``auto`` as in `device`, ``cpu`` or ``cuda``.

    Raises
    ------
    InputError
        There is no GPU that torch can use, and ``cuda`` is asked for.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError(
            "device cuda",
            "no GPU that torch can use",
            "a GPU, its driver and the CUDA build of torch",
            "Use the device auto or cpu, or check `nvidia-smi`.",
        )
    return device() if name == "auto" else torch.device(name)


def one_hot_on(device: torch.device, codes: npt.NDArray[np.uint8]) -> torch.Tensor:
    """One-hot form, shape=(n, 4, length), dtype=float32, on a device, of base codes (n, length)."""
    there = torch.from_numpy(codes).to(device).unsqueeze(1)
    return (there == torch.arange(4, dtype=torch.uint8, device=device)[:, None]).float()


def devices(number: int | str) -> list[torch.device]:
    """GPUs that share a prediction, "auto" for all; without a GPU, the only device.

    Raises
    ------
    InputError
        There are GPUs, but fewer.
    """
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if not gpus:
        return [device()]
    used = number_of_gpus(number, gpus, "predict.devices")
    return [torch.device("cuda", index) for index in range(used)]


@torch.inference_mode()
def strand_averaged(
    network: nn.Module, sequences: torch.Tensor, reverse: torch.Tensor | None = None
) -> torch.Tensor:
    """Mean of the probabilities of sequences and their reverse complements.

    From one-hot sequences, shape=(n, 4, length), dtype=float, and their reverse complements,
    which are computed if they are not given, to shape (n, targets), dtype=float32.
    """
    reverse = reverse_complement(sequences) if reverse is None else reverse
    forward, backward = (
        forward_pass(network, strand).float().sigmoid() for strand in (sequences, reverse)
    )
    return (forward + backward) / 2


def predict_loci(
    network: nn.Module,
    store: Store,
    loci: slice,
    batch_size: int,
    device: torch.device,
    progress: Callable[[int], object],
) -> npt.NDArray[np.float32]:
    """Strand-averaged probabilities of consecutive loci, shape=(loci, targets).

    The network is on ``device``; ``progress`` is called with the number of loci of each batch. The
    next batch is read while the network computes one.
    """

    def packed(first: int, stop: int) -> torch.Tensor:
        return torch.from_numpy(store.packed_sequences(slice(first, stop)))

    def batches() -> Iterator[tuple[torch.Tensor, torch.Tensor | None]]:
        other = store.loci_count  # reverse complements follow all loci
        for first in range(loci.start, loci.stop, batch_size):
            stop = min(first + batch_size, loci.stop)
            reverse = packed(first + other, stop + other) if store.strands == BOTH else None
            yield packed(first, stop), reverse

    def one_hot(rows: torch.Tensor) -> torch.Tensor:
        return unpack(rows.to(device), store.length).float()

    probabilities = []
    for forward, reverse in prefetched(batches()):
        both = one_hot(forward), None if reverse is None else one_hot(reverse)
        probabilities.append(strand_averaged(network, *both).cpu().numpy())
        progress(len(forward))
    return np.concatenate(probabilities)
