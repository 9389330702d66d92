"""The driver of a prediction: probabilities of all loci of a split."""

import copy
import logging
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty, Queue
from typing import NoReturn

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from tqdm import tqdm

from noncoding.data.one_hot import reverse_complement, unpack
from noncoding.common.errors import InputError
from noncoding.common.files import sha256, atomic_write
from noncoding.common.hdf5 import new_hdf5
from noncoding.common.locks import exclusive
from noncoding.layout import UNFINISHED
from noncoding.models import load_model
from noncoding.prediction.shards import Parts
from noncoding.prediction.predictions import check_probabilities
from noncoding.data.store import BOTH, Store

log = logging.getLogger(__name__)


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


def predict(
    model: str | os.PathLike[str],
    store: str | os.PathLike[str],
    predictions: str | os.PathLike[str],
    *,
    batch_size: int,
    devices: Sequence[torch.device] | None = None,
) -> None:
    """Write strand-averaged probabilities of every locus of a store.

    Parameters
    ----------
    model : path
        Folder of an exported model.
    store : path
    predictions : path
        HDF5, with ``probability``: float32, (loci, targets), in the order of
        the store, with a checksum a block. What is done lies beside it in a folder
        ``PREDICTIONS.unfinished`` of `noncoding.prediction.shards.Parts`, and a run that
        was interrupted, or whose results were not accepted, resumes from there. Whoever
        accepts the predictions removes the folder.
    batch_size : int
        Loci a batch.
    devices : sequence of torch.device, optional
        That share the parts; by default the one of `device`. Batches are the
        same however many share them, so devices of a kind give the same values.

    Raises
    ------
    InputError
        The model does not fit the store, gives values that are not finite, or another
        process writes the same predictions.
    """
    trained = load_model(model)
    unfinished = Path(f"{predictions}.{UNFINISHED}")
    with exclusive(unfinished), Store(store) as split:
        trained.check_fits(split)
        loci = split.loci_count
        record = {
            "model": sha256(trained.folder / "model.safetensors"),
            "store": split.digest,
            "batch_size": batch_size,
            "loci": loci,
        }
        parts = Parts(unfinished, (loci, len(split.targets)), batch_size)
        missing: Queue[slice] = Queue()
        for rows in parts.missing(record):
            missing.put(rows)
        with tqdm(
            total=loci, initial=parts.done, unit="locus", disable=not sys.stderr.isatty()
        ) as bar:

            def work(where: torch.device) -> None:
                network = copy.deepcopy(trained).moved_to(where)
                while True:
                    try:
                        rows = missing.get_nowait()
                    except Empty:
                        return
                    values = _predicted(network, split, rows, batch_size, where, bar)
                    check_probabilities(values, trained.folder, rows.start)
                    parts.write(rows, values)

            chosen = [device()] if devices is None else list(devices)
            with ThreadPoolExecutor(len(chosen)) as pool:
                list(pool.map(work, chosen))
        with atomic_write(predictions) as [partial], new_hdf5(partial) as file:
            written = file.create_dataset(
                "probability",
                shape=(loci, len(split.targets)),
                dtype=np.float32,
                chunks=(min(max(loci, 1), 1024), len(split.targets)),
                fletcher32=True,
            )
            for rows, values in parts.read():
                written[rows] = values
            file.attrs.update(
                store=split.digest,
                store_rows=split.rows,
                strands=split.strands,
                model=record["model"],
            )
        targets = len(split.targets)
    log.info("%s loci × %d targets, both strands averaged", f"{loci:,}", targets)


def _predicted(
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
