"""How well maps point to what a simulation has planted."""

import os

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.attribution.target_attributions import Interval
from noncoding.evaluation.metrics import auroc_and_average_precision


def planted_sites(
    truth: str | os.PathLike[str], motifs: str, loci: npt.NDArray[np.int64]
) -> list[list[Interval]]:
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
    list of list of Interval
    """
    table = pd.read_csv(truth, sep="\t")
    table = table[(table["split"] == "test") & table["motif"].isin(motifs.split(","))]
    by_locus = {
        locus: list(zip(sites["start"], sites["end"], strict=True))
        for locus, sites in table.groupby("locus")
    }
    return [by_locus.get(locus, []) for locus in loci]


def truth_metrics(
    bases: npt.NDArray[np.float32], sites: list[list[Interval]]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """AUROC and average precision of each locus: its map against the planted bases.

    Parameters
    ----------
    bases : numpy.ndarray, shape=(n, length)
    sites : list of list of Interval
        As of `planted_sites`.

    Returns
    -------
    pair of numpy.ndarray, shape=(n,)
        NaN where nothing was planted.
    """
    planted = np.zeros(bases.shape, dtype=np.uint8)
    for row, intervals in zip(planted, sites, strict=True):
        for start, end in intervals:
            row[start:end] = 1
    return auroc_and_average_precision(planted.T, bases.T)


def peak_distances(
    bases: npt.NDArray[np.float32], sites: list[list[Interval]]
) -> npt.NDArray[np.float64]:
    """How far the peak of each map lies from the nearest planted site.

    Parameters
    ----------
    bases : numpy.ndarray, shape=(n, length)
    sites : list of list of Interval

    Returns
    -------
    numpy.ndarray, shape=(n,), dtype=float64
        In bp; zero inside of a site. Where several bases share the peak, the middle one
        counts. NaN where nothing was planted.
    """
    distances = np.full(len(bases), np.nan)
    for row, (heights, intervals) in enumerate(zip(bases, sites, strict=True)):
        tops = np.flatnonzero(heights == heights.max())
        peak = tops[len(tops) // 2]
        if intervals:
            distances[row] = min(max(start - peak, peak - end + 1, 0) for start, end in intervals)
    return distances
