"""Probabilities of sequences: devices, strands, batches."""

from typing import NoReturn

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from tqdm import tqdm

from noncoding.common.errors import InputError
from noncoding.data.one_hot import reverse_complement, unpack
from noncoding.data.store import BOTH, Store


def device() -> torch.device:
    """The GPU where there is one, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def devices(wanted: int | str) -> list[torch.device]:
    """Devices that share a prediction.

    Parameters
    ----------
    wanted : int or "auto"
        How many GPUs; auto: all that there are. Without a GPU, the one device
        that there is.

    Raises
    ------
    InputError
        There are GPUs, but fewer.
    """
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if not gpus:
        return [device()]
    number = gpus if wanted == "auto" else int(wanted)
    if number > gpus:
        raise InputError(
            "predict.devices in the configuration",
            f"{number} devices",
            f"at most {gpus}, the GPUs of this machine",
            "Lower it, or set it to auto.",
        )
    return [torch.device("cuda", place) for place in range(number)]


@torch.inference_mode()
def strand_averaged(
    network: nn.Module, sequences: torch.Tensor, reverse: torch.Tensor | None = None
) -> torch.Tensor:
    """Mean of the probabilities of a sequence and its reverse complement.

    Parameters
    ----------
    network : torch.nn.Module
        One-hot sequences to logits.
    sequences : torch.Tensor, shape=(n, 4, length), dtype=float
    reverse : torch.Tensor, shape=(n, 4, length), optional
        The reverse complements, where the store holds them.

    Returns
    -------
    torch.Tensor, shape=(n, targets), dtype=float32
    """
    reverse = reverse_complement(sequences) if reverse is None else reverse
    both = network(sequences).float().sigmoid() + network(reverse).float().sigmoid()
    return both / 2


def predicted(
    network: nn.Module,
    split: Store,
    rows: slice,
    batch_size: int,
    where: torch.device,
    bar: "tqdm[NoReturn]",
) -> npt.NDArray[np.float32]:
    """Probabilities of some loci, a batch at a time."""
    loci = split.loci_count
    batches = []
    for start in range(rows.start, rows.stop, batch_size):
        batch = slice(start, min(start + batch_size, rows.stop))
        reverse = None
        if split.strands == BOTH:
            reverse = _sequences(split, slice(batch.start + loci, batch.stop + loci), where)
        given = strand_averaged(network, _sequences(split, batch, where), reverse)
        batches.append(given.cpu().numpy())
        bar.update(batch.stop - batch.start)
    return np.concatenate(batches)


def _sequences(store: Store, rows: slice, where: torch.device) -> torch.Tensor:
    packed = torch.from_numpy(store.packed_sequences(rows)).to(where)
    return unpack(packed, store.length).float()
