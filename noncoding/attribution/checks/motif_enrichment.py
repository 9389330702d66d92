"""Whether the strongest windows hold the known motif of the target's protein."""

import math

import numpy as np
import numpy.typing as npt
from memelite import fimo

from noncoding.attribution.checks.names import P_VALUE, WINDOW
from noncoding.attribution.target_attributions import Interval, strongest_window
from noncoding.common.threads import same_threads


def motif_hits(
    sequences: npt.NDArray[np.uint8], matrix: npt.NDArray[np.float64]
) -> list[list[Interval]]:
    """Matches of a motif on both strands (memelite's FIMO, p < `P_VALUE`).

    Parameters
    ----------
    sequences : numpy.ndarray, shape=(n, 4, length)
    matrix : numpy.ndarray, shape=(4, width)
        Probabilities of A, C, G, T.

    Returns
    -------
    list of list of Interval
        Sorted, by sequence.
    """
    found: list[list[Interval]] = [[] for _ in sequences]
    if len(sequences) and matrix.shape[1] <= sequences.shape[-1]:
        given = np.ascontiguousarray(sequences, dtype=np.int8)
        with same_threads():
            [hits] = fimo({"motif": matrix.astype(np.float64)}, given, threshold=P_VALUE)
        for row, start, end in zip(hits["sequence_name"], hits["start"], hits["end"], strict=True):
            found[int(row)].append((int(start), int(end)))
    return [sorted(set(intervals)) for intervals in found]


def window_matches(
    bases: npt.NDArray[np.floating], hits: list[list[Interval]]
) -> npt.NDArray[np.bool_]:
    """Whether the strongest window of each map holds a match, in each of the sequences.

    Parameters
    ----------
    bases : numpy.ndarray, shape=(n, length)
        Maps.
    hits : list of list of Interval
        Matches of a motif, by sequence. A window holds a match whose middle lies in it.

    Returns
    -------
    numpy.ndarray, shape=(n, n), dtype=bool
        Row: the map that the window is taken from. Column: the sequence that it is laid
        over. Off the diagonal lie the position-matched controls.
    """
    count, length = bases.shape
    width = min(WINDOW, length)
    holding = np.zeros((length - width + 1, count), dtype=bool)
    for column, intervals in zip(holding.T, hits, strict=True):
        for start, end in intervals:
            # Windows [s, s + width) with s <= middle < s + width.
            middle = (start + end) / 2
            column[max(0, math.floor(middle - width) + 1) : math.floor(middle) + 1] = True
    return holding[[strongest_window(heights, width)[0] for heights in bases]]


def match_shares(
    matches: npt.NDArray[np.bool_], draws: npt.NDArray[np.integer]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Share of windows that hold a match, in their own sequence and in the others.

    The second is what the positions of the windows alone would reach: maps that are the
    same for every sequence have equal shares, wherever the sites lie.

    Parameters
    ----------
    matches : numpy.ndarray, shape=(n, n), dtype=bool
        As of `window_matches`.
    draws : numpy.ndarray, shape=(replicates, n), dtype=int
        How often each sequence was drawn; ones for the sample itself.

    Returns
    -------
    strongest, matched : numpy.ndarray, shape=(replicates,), dtype=float64
        ``matched`` is over all pairs of two different sequences; NaN without any.
    """
    drawn = draws.sum(axis=1)
    strongest = draws @ matches.diagonal() / drawn
    others = np.where(np.eye(len(matches), dtype=bool), 0.0, matches)
    pairs = drawn**2 - (draws**2).sum(axis=1)
    with np.errstate(invalid="ignore"):
        matched = ((draws @ others) * draws).sum(axis=1) / pairs
    return strongest, matched
