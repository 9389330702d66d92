"""Agreement of maps with the planted motifs of a simulation."""

import os

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.attribution.target_attributions import Interval
from noncoding.evaluation.metrics import auroc_and_average_precision


def planted_sites(
    truth: str | os.PathLike[str], motifs: str, loci: npt.NDArray[np.int64]
) -> list[list[Interval]]:
    """Sites of planted motifs (comma-separated names) in loci of the test split.

    `truth` is the table of the stage ``simulate``.
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
    """AUROC and average precision of maps, shape=(n, length), for planted bases.

    Each has the shape (n,), with NaN for sequences without sites.
    """
    planted = np.zeros(bases.shape, dtype=np.uint8)
    for row, intervals in zip(planted, sites, strict=True):
        for start, end in intervals:
            row[start:end] = 1
    return auroc_and_average_precision(planted.T, bases.T)


def peak_distances(
    bases: npt.NDArray[np.float32], sites: list[list[Interval]]
) -> npt.NDArray[np.float64]:
    """Distance of the peak of each map to the nearest planted site, in bp, shape=(n,).

    Zero within a site, NaN without sites. Of several bases with the maximum, the middle one is
    the peak.
    """
    distances = np.full(len(bases), np.nan)
    for row, (heights, intervals) in enumerate(zip(bases, sites, strict=True)):
        tops = np.flatnonzero(heights == heights.max())
        peak = tops[len(tops) // 2]
        if intervals:
            distances[row] = min(max(start - peak, peak - end + 1, 0) for start, end in intervals)
    return distances
