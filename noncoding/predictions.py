"""Read the predictions that the stage ``predict`` wrote."""

import os

import h5py
import numpy as np
import numpy.typing as npt

from noncoding.errors import InputError
from noncoding.store import Store


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
