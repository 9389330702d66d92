"""How well maps point to what a simulation has planted."""

import os

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.metrics import auroc_and_average_precision


def per_base(maps: npt.NDArray[np.float32], length: int) -> npt.NDArray[np.float32]:
    """Maps of a layer, laid out over the bases, each position over its share.

    Parameters
    ----------
    maps : numpy.ndarray, shape=(n, positions)
    length : int
        In bp.

    Returns
    -------
    numpy.ndarray, shape=(n, length)
        Steps, not interpolated: the layer knows no more.
    """
    return maps[:, np.arange(length) * maps.shape[1] // length]


def planted_sites(
    truth: str | os.PathLike[str], motifs: str, loci: npt.NDArray[np.int64]
) -> list[list[tuple[int, int]]]:
    """Where a target's motifs were planted, by locus.

    Parameters
    ----------
    truth : path
        Written by the stage ``simulate``.
    motifs : str
        Names, separated by commas.
    loci : numpy.ndarray, shape=(n,)
        Of the test split.

    Returns
    -------
    list of list of (int, int)
        Half-open intervals in the window, in bp.
    """
    table = pd.read_csv(truth, sep="\t")
    table = table[(table["split"] == "test") & table["motif"].isin(motifs.split(","))]
    by_locus = {
        locus: list(zip(sites["start"], sites["end"], strict=True))
        for locus, sites in table.groupby("locus")
    }
    return [by_locus.get(locus, []) for locus in loci]


def truth_metrics(
    maps: npt.NDArray[np.float32], sites: list[list[tuple[int, int]]]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """AUROC and average precision of each locus: its map against the planted bases.

    Parameters
    ----------
    maps : numpy.ndarray, shape=(n, length)
    sites : list of list of (int, int)
        As of `planted_sites`.

    Returns
    -------
    pair of numpy.ndarray, shape=(n,)
        NaN where nothing was planted.
    """
    planted = np.zeros(maps.shape, dtype=np.uint8)
    for row, intervals in zip(planted, sites, strict=True):
        for start, end in intervals:
            row[start:end] = 1
    return auroc_and_average_precision(planted.T, maps.T)
