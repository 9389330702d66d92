"""The stage ``convert``: from a split of a DeepSEA bundle to a store."""

import logging
import os
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.alphabet import reverse_complement
from noncoding.bundle import BundleSplit
from noncoding.errors import InputError
from noncoding.store import BOTH, FORWARD, StoreHeader, StoreWriter, new_store

log = logging.getLogger(__name__)

_DAMAGED = "The file is damaged or not of this kind: delete the archive and fetch it again."


def convert(
    mat: str | os.PathLike[str],
    store: str | os.PathLike[str],
    *,
    split: str,
    targets: pd.DataFrame,
    window: int,
    bin: int,
    source: dict[str, Any],
) -> None:
    """Turn one .mat file into a store, losslessly, in blocks of bounded memory.

    Whether the second half of the rows is the reverse complement of the first
    is found out from the data and recorded.

    Parameters
    ----------
    mat : path
        ``train.mat``, ``valid.mat`` or ``test.mat``.
    store : path
        Made whole or not at all.
    split : str
        One of `noncoding.bundle.SPLITS`.
    targets : pandas.DataFrame
        The target table.
    window, bin : int
        Expected window and its central bin, in bp.
    source : dict
        Recorded in the store; must be JSON.

    Raises
    ------
    InputError
        Besides what `BundleSplit` raises: another length or number of targets,
        a row that is not one-hot, a label that is not 0 or 1.
    """
    header = StoreHeader(window, bin, FORWARD, targets, source)
    with BundleSplit(mat, split) as bundle, new_store(store, header) as writer:
        _check_task(bundle, targets, window)
        for start, sequences, labels in bundle.blocks():
            writer.append(
                checked_one_hot(sequences, bundle.path, start),
                checked_labels(labels, bundle.path, start),
            )
        if second_half_is_reverse_complement(writer):
            writer.strands = BOTH
        log.info("%s: %s rows, strands: %s", split, f"{writer.rows:,}", writer.strands)


def checked_one_hot(
    sequences: npt.NDArray[np.generic], path: object, start: int
) -> npt.NDArray[np.uint8]:
    """The same rows as uint8, if each column has one 1, or none (N).

    Parameters
    ----------
    sequences : numpy.ndarray, shape=(n, 4, length)
    path : path
        Named in the error.
    start : int
        Number of the first row.

    Raises
    ------
    InputError
        Names the first row that is not one-hot.
    """
    neither = ((sequences != 0) & (sequences != 1)).any(axis=1)
    wrong = neither | (sequences.sum(axis=1, dtype=np.int64) > 1)
    if wrong.any():
        row, position = (int(i) for i in np.argwhere(wrong)[0])
        raise InputError(
            f"{path}, row {start + row}, position {position}",
            f"the column {sequences[row, :, position].tolist()} (A, C, G, T)",
            "one 1 and three 0, or four 0 for N",
            _DAMAGED,
        )
    return sequences.astype(np.uint8, copy=False)


def checked_labels(
    labels: npt.NDArray[np.generic], path: object, start: int
) -> npt.NDArray[np.uint8]:
    """The same labels as uint8, if all are 0 or 1.

    Parameters
    ----------
    labels : numpy.ndarray, shape=(n, targets)
    path, start
        See `checked_one_hot`.

    Raises
    ------
    InputError
        Names the first row and target whose label is neither.
    """
    wrong = (labels != 0) & (labels != 1)
    if wrong.any():
        row, target = (int(i) for i in np.argwhere(wrong)[0])
        raise InputError(
            f"{path}, row {start + row}, target {target}",
            f"the label {labels[row, target]}",
            "0 or 1",
            _DAMAGED,
        )
    return labels.astype(np.uint8, copy=False)


def second_half_is_reverse_complement(writer: StoreWriter, block: int = 8192) -> bool:
    """Whether row ``i + rows / 2`` is row ``i`` read from the other strand."""
    half, odd = divmod(writer.rows, 2)
    if odd or not half:
        return False
    for start in range(0, half, block):
        rows = slice(start, min(start + block, half))
        mates = slice(rows.start + half, rows.stop + half)
        forward, labels = writer.read(rows)
        reverse, mate_labels = writer.read(mates)
        if not (
            np.array_equal(reverse_complement(forward), reverse)
            and np.array_equal(labels, mate_labels)
        ):
            return False
    return True


def _check_task(bundle: BundleSplit, targets: pd.DataFrame, window: int) -> None:
    for what, found, expected in (
        ("a length of", bundle.length, window),
        ("targets:", bundle.targets, len(targets)),
    ):
        if found != expected:
            raise InputError(
                bundle.path,
                f"{what} {found}",
                f"{expected}",
                "Set 'window' and 'targets' of this data set in the configuration to what "
                "the bundle holds.",
            )
