"""Whether the strongest windows hold the known motif of the target's protein."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from memelite import fimo

from noncoding.explain.explained import Interval, holds, strongest_window
from noncoding.explain.threads import same_threads

WINDOW = 40
"""bp of a window that may hold a motif."""
P_VALUE = 5e-4
"""Of a match, as the MEME suite's FIMO has it: one in 2,000 places of random sequence.

At FIMO's usual 1e-4 a motif of 7 bp matches by its single best word alone. What matches by
chance is counted in the random windows, too.
"""


class Shares(NamedTuple):
    """How often windows hold a match, locus by locus.

    Attributes
    ----------
    top : numpy.ndarray, shape=(n,), dtype=float64
        1 where the strongest window holds one, else 0.
    random : numpy.ndarray, shape=(n,), dtype=float64
        Share of all windows of the same sequence that hold one: what a window drawn at
        random would find in the mean.
    """

    top: npt.NDArray[np.float64]
    random: npt.NDArray[np.float64]


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


def window_shares(bases: npt.NDArray[np.floating], hits: list[list[Interval]]) -> Shares:
    """Strongest windows against all windows of the same sequences.

    Parameters
    ----------
    bases : numpy.ndarray, shape=(n, length)
        Maps.
    hits : list of list of Interval
        Of a motif, by sequence. A window holds one whose middle lies in it.

    Returns
    -------
    Shares
    """
    top, random = np.zeros(len(bases)), np.zeros(len(bases))
    for row, (heights, intervals) in enumerate(zip(bases, hits, strict=True)):
        width = min(WINDOW, len(heights))
        top[row] = holds(strongest_window(heights, width), intervals)
        starts = range(len(heights) - width + 1)
        random[row] = np.mean([holds((start, start + width), intervals) for start in starts])
    return Shares(top, random)
