"""What is known of one target once its sequences have been explained."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from noncoding.attribution.resolution import Resolution
from noncoding.attribution.sequences import Sequences

Interval = tuple[int, int]
"""Half-open, in bp from the start of the window."""


@dataclass(frozen=True)
class TargetAttributions:
    """One target, its sequences and their maps.

    Attributes
    ----------
    index : int
    name : str
    length, bin : int
        Window and its central bin, in bp.
    sequences : Sequences
        True positives are sorted, best-predicted first.
    labels : numpy.ndarray, shape=(n,), dtype=float32
        NaN where the label is not known.
    probabilities : numpy.ndarray, shape=(n,), dtype=float32
    maps : dict of numpy.ndarray
        By method: shape=(m, length). A costly method has explained the first m of the
        sequences only.
    resolution : Resolution or None
        Of the layer that was read.
    sites : list of list of Interval
        Planted sites by sequence; empty lists where there is no ground truth.
    hits : list of list of Interval
        Matches of the target's known motif by sequence; likewise.
    motif : str
        What it is called; empty where none is known.
    """

    index: int
    name: str
    length: int
    bin: int
    sequences: Sequences
    labels: npt.NDArray[np.float32]
    probabilities: npt.NDArray[np.float32]
    maps: dict[str, npt.NDArray[np.float32]]
    resolution: Resolution | None
    sites: list[list[Interval]]
    hits: list[list[Interval]]
    motif: str


def strongest_window(bases: npt.NDArray[np.floating], width: int) -> Interval:
    """The window in whose middle a map is strongest.

    Parameters
    ----------
    bases : numpy.ndarray, shape=(length,)
        A value for each base.
    width : int
        In bp; a shorter map is a window of its own.

    Returns
    -------
    Interval
        Of highest sum, where a base counts the less the further it is from the middle:
        otherwise a peak could stand at the very edge.
    """
    width = min(width, len(bases))
    distance = np.abs(np.arange(width) - (width - 1) / 2)
    sums = np.correlate(bases.astype(np.float64), 1 - distance / (width / 2), mode="valid")
    # Of windows that hold the same, the middle one.
    best = np.flatnonzero(sums >= sums.max() - 1e-9)
    start = int(best[len(best) // 2])
    return start, start + width


def holds(window: Interval, matches: list[Interval]) -> bool:
    """Whether the middle of a match lies in a window."""
    return any(window[0] <= (start + end) / 2 < window[1] for start, end in matches)


def share_in_bin(bases: npt.NDArray[np.floating], bin: int) -> float:
    """Share of the mean of maps that lies in the central bin; NaN for empty maps.

    Parameters
    ----------
    bases : numpy.ndarray, shape=(n, length)
        Nowhere negative.
    bin : int
        In bp.
    """
    mean = bases.mean(axis=0, dtype=np.float64)
    low = (len(mean) - bin) // 2
    total = mean.sum()
    return float(mean[low : low + bin].sum() / total) if total > 0 else float("nan")
