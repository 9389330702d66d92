"""Read the predictions that the stage ``predict`` wrote."""

import os

import numpy as np
import numpy.typing as npt

from noncoding.common.errors import InputError
from noncoding.common.hdf5 import attribute, damage_reported, open_hdf5, own_dataset
from noncoding.data.store import Store


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
        The file cannot be read, is of another store, or holds what is no probability.
    """
    remedy = "Run the stage 'predict' again on this store."
    expected = "predictions: the data set 'probability', the attributes 'store_rows' and 'store'"
    with open_hdf5(path, expected, remedy) as file, damage_reported(path, expected, remedy):
        rows, probability = attribute(file, "store_rows"), own_dataset(file, "probability")
        if probability.dtype != np.float32:
            raise ValueError(f"probabilities of the type {probability.dtype}")
        found = f"probabilities of shape {probability.shape}, of a store of {rows} rows"
        shape = (split.loci_count, len(split.targets))
        if rows != split.rows or probability.shape != shape:
            expected = f"shape {shape} and {split.rows} rows, as in {split.path}"
            raise InputError(path, found, expected, remedy)
        if (digest := attribute(file, "store")) != split.digest:
            found = f"probabilities of a store with the digest {digest}"
            raise InputError(path, found, f"{split.digest}, that of {split.path}", remedy)
        values = probability[:]
    check_probabilities(values, path)
    return values


def check_probabilities(
    values: npt.NDArray[np.float32], where: str | os.PathLike[str], first: int = 0
) -> None:
    """Refuse NaN, infinity and whatever else is no probability.

    Parameters
    ----------
    values : numpy.ndarray, shape=(loci, targets), dtype=float32
    where : path
        That the message names.
    first : int
        Number of the first locus.

    Raises
    ------
    InputError
        Names the first such locus.
    """
    # The extremes are NaN where any value is, and take no memory.
    if values.size and not (values.min() >= 0 and values.max() <= 1):
        row = int(np.argmin(((values >= 0) & (values <= 1)).all(axis=1)))
        raise InputError(
            f"{where}, prediction of locus {first + row}",
            "a value that is no number from 0 to 1",
            "probabilities",
            "The weights are damaged, the training diverged or the file was changed: run the "
            "stage 'train' or 'predict' again.",
        )
