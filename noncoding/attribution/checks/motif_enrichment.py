"""Enrichment of the known motif of a target in the strongest windows of maps."""

import math

import numpy as np
import numpy.typing as npt

from noncoding.attribution.checks.table import P_VALUE, WINDOW
from noncoding.attribution.target_attributions import Interval, strongest_window
from noncoding.motifs.fimo import significant_hits


def motif_hits(
    sequences: npt.NDArray[np.uint8], matrix: npt.NDArray[np.float64]
) -> list[list[Interval]]:
    """Matches of a motif in sequences, shape=(n, 4, length), on both strands, sorted.

    FIMO with p < `P_VALUE`; `matrix` has probabilities, shape=(4, width).
    """
    found = significant_hits(sequences, {"motif": matrix}, P_VALUE)
    return [sorted({(hit.start, hit.end) for hit in of_sequence}) for of_sequence in found]


def window_matches(
    bases: npt.NDArray[np.floating], hits: list[list[Interval]]
) -> npt.NDArray[np.bool_]:
    """Whether the strongest window of each map contains a match, in each of the sequences.

    A window of a map, shape=(n, length), contains a match if it contains its centre.

    Returns
    -------
    numpy.ndarray, shape=(n, n), dtype=bool
        Rows are the maps that define the windows, columns the sequences that they are placed
        on. Off-diagonal elements are position-matched controls.
    """
    count, length = bases.shape
    width = min(WINDOW, length)
    contains = np.zeros((length - width + 1, count), dtype=bool)
    for column, intervals in zip(contains.T, hits, strict=True):
        for start, end in intervals:
            # Windows [s, s + width) with s <= centre < s + width.
            centre = (start + end) / 2
            column[max(0, math.floor(centre - width) + 1) : math.floor(centre) + 1] = True
    return contains[[strongest_window(heights, width)[0] for heights in bases]]


def match_shares(
    matches: npt.NDArray[np.bool_], draws: npt.NDArray[np.integer]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Share of windows that contain a match, in their own sequence and in the others.

    The second, over all pairs of different sequences (NaN without any), is expected from the
    positions of the windows alone: both are equal for maps that are the same for all sequences.
    Each has the shape (replicates,). `matches` are those of `window_matches`; `draws`,
    shape=(replicates, n), is the number of times that each sequence was drawn.
    """
    drawn = draws.sum(axis=1)
    strongest = draws @ matches.diagonal() / drawn
    others = np.where(np.eye(len(matches), dtype=bool), 0.0, matches)
    pairs = drawn**2 - (draws**2).sum(axis=1)
    with np.errstate(invalid="ignore"):
        matched = ((draws @ others) * draws).sum(axis=1) / pairs
    return strongest, matched
