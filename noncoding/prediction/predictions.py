"""The file of predictions: probabilities of all loci of a store."""

import os
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from noncoding.common.errors import InputError
from noncoding.common.files import atomic_write
from noncoding.common.hdf5 import attribute, damage_reported, new_hdf5, open_hdf5, own_dataset
from noncoding.data.store import Store

_CHUNK = (1024, 32)
"""Loci and targets per chunk: some targets can be read without the others."""


def write_predictions(
    path: str | os.PathLike[str],
    shards: Iterable[tuple[slice, npt.NDArray[np.float32]]],
    store: Store,
    model: str,
) -> None:
    """Write the HDF5 dataset ``probability``, float32, (loci, targets), in the store's order.

    Each shard has its loci and their probabilities. Attributes are the digest, rows and strands
    of the store, and the digest of the model's weights; each chunk has a checksum.
    """
    shape = (store.loci_count, len(store.targets))
    with atomic_write(path) as [partial], new_hdf5(partial) as file:
        dataset = file.create_dataset(
            "probability",
            shape=shape,
            dtype=np.float32,
            chunks=tuple(min(max(size, 1), most) for size, most in zip(shape, _CHUNK, strict=True)),
            fletcher32=True,
        )
        for loci, probabilities in shards:
            dataset[loci] = probabilities
        file.attrs.update(
            store=store.digest, store_rows=store.rows, strands=store.strands, model=model
        )


def read_predictions(
    path: str | os.PathLike[str], store: Store, targets: slice = slice(None)
) -> npt.NDArray[np.float32]:
    """Read the probabilities of the loci of a store, shape=(loci, targets).

    All targets, or consecutive ones, of which only their own chunks are read.

    Raises
    ------
    InputError
        The file cannot be read, belongs to another store, or a value is not a probability.
    """
    remedy = "Run the stage 'predict' again on this store."
    expected = "predictions: the dataset 'probability', the attributes 'store_rows' and 'store'"
    with open_hdf5(path, expected, remedy) as file, damage_reported(path, expected, remedy):
        rows, probability = attribute(file, "store_rows"), own_dataset(file, "probability")
        if probability.dtype != np.float32:
            raise ValueError(f"probabilities of the type {probability.dtype}")
        found = f"probabilities of shape {probability.shape}, of a store of {rows} rows"
        shape = (store.loci_count, len(store.targets))
        if rows != store.rows or probability.shape != shape:
            expected = f"shape {shape} and {store.rows} rows, as in {store.path}"
            raise InputError(path, found, expected, remedy)
        if (digest := attribute(file, "store")) != store.digest:
            found = f"probabilities of a store with the digest {digest}"
            raise InputError(path, found, f"{store.digest}, that of {store.path}", remedy)
        values = probability[:, targets]
    check_probabilities(values, path)
    return values


def check_probabilities(
    values: npt.NDArray[np.float32], where: str | os.PathLike[str], first: int = 0
) -> None:
    """Refuse values, shape=(loci, targets), that are not between 0 and 1.

    The `InputError` names a file, ``where``, and the first such locus; ``first`` is the number
    of the first locus of the values.
    """
    # Extremes need no temporary array, and are NaN if any value is.
    if values.size and not (values.min() >= 0 and values.max() <= 1):
        row = int(np.argmin(((values >= 0) & (values <= 1)).all(axis=1)))
        raise InputError(
            f"{where}, prediction of locus {first + row}",
            "a value that is not between 0 and 1",
            "probabilities",
            "The weights are damaged, the training diverged or the file was changed: run the "
            "stage 'train' or 'predict' again.",
        )
