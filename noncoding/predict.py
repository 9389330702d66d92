"""The stage ``predict``: probabilities of all loci of a split."""

import logging
import os
import sys

import h5py
import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from tqdm import tqdm

from noncoding.alphabet import reverse_complement, unpack
from noncoding.errors import InputError
from noncoding.files import sha256, written_whole
from noncoding.models import load_model
from noncoding.store import BOTH, Store

log = logging.getLogger(__name__)


def device() -> torch.device:
    """The GPU where there is one, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


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
) -> None:
    """Write strand-averaged probabilities of every locus of a store.

    Parameters
    ----------
    model : path
        Folder of an exported model.
    store : path
    predictions : path
        HDF5, with ``probability``: float32, (loci, targets), in the order of
        the store.
    batch_size : int
        Loci a batch.

    Raises
    ------
    InputError
        The model does not fit the store, or gives values that are not finite.
    """
    trained = load_model(model)
    network = trained.moved_to(device())
    with (
        Store(store) as split,
        written_whole(predictions) as [partial],
        h5py.File(partial, "w") as file,
    ):
        trained.check_fits(split)
        loci, targets = split.loci_count, len(split.targets)
        written = file.create_dataset(
            "probability",
            shape=(loci, targets),
            dtype=np.float32,
            chunks=(min(loci, 1024), targets),
            fletcher32=True,
        )
        for start in tqdm(
            range(0, loci, batch_size), unit="batch", disable=not sys.stderr.isatty()
        ):
            rows = slice(start, min(start + batch_size, loci))
            reverse = None
            if split.strands == BOTH:
                reverse = _sequences(split, slice(rows.start + loci, rows.stop + loci))
            written[rows] = strand_averaged(network, _sequences(split, rows), reverse).cpu()
            _check_finite(written[rows], rows, trained.folder)
        file.attrs.update(
            store_rows=split.rows,
            strands=split.strands,
            model=sha256(trained.folder / "model.safetensors"),
        )
    log.info("%s loci × %d targets, both strands averaged", f"{loci:,}", targets)


def read_predictions(path: str | os.PathLike[str], split: Store) -> npt.NDArray[np.float32]:
    """Probabilities of the loci of a split.

    Parameters
    ----------
    path : path
        Written by `predict`.
    split : Store
        That they must be of.

    Returns
    -------
    numpy.ndarray, shape=(loci, targets), dtype=float32

    Raises
    ------
    InputError
        The file cannot be read, or is of another store.
    """
    remedy = "Run the stage 'predict' again on this store."
    try:
        with h5py.File(path, "r") as file:
            rows, probability = file.attrs["store_rows"], file["probability"]
            found = f"probabilities of shape {probability.shape}, of a store of {rows} rows"
            shape = (split.loci_count, len(split.targets))
            if rows != split.rows or probability.shape != shape:
                expected = f"shape {shape} and {split.rows} rows, as in {split.path}"
                raise InputError(path, found, expected, remedy)
            return probability[:]
    except (OSError, KeyError) as error:
        raise InputError(
            path,
            f"a file that cannot be read as predictions ({error})",
            "HDF5 with the data set 'probability' and the attribute 'store_rows'",
            remedy,
        ) from error


def _sequences(store: Store, rows: slice) -> torch.Tensor:
    packed = torch.from_numpy(store.packed_sequences(rows)).to(device())
    return unpack(packed, store.length).float()


def _check_finite(probabilities: npt.NDArray[np.float32], rows: slice, model: object) -> None:
    if not np.isfinite(probabilities).all():
        row = rows.start + int(np.argmin(np.isfinite(probabilities).all(axis=1)))
        raise InputError(
            f"{model}, prediction of locus {row}",
            "a value that is not finite",
            "probabilities",
            "The weights are damaged or the training diverged: run the stage 'train' again.",
        )
