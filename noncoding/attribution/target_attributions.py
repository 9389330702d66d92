"""Attribution maps of all methods for one target."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from noncoding.attribution.receptive_field import Resolution
from noncoding.attribution.sequences import Sequences

Interval = tuple[int, int]
"""Half-open, in bp from the start of the window."""


@dataclass(frozen=True)
class TargetAttributions:
    """Sequences of a target and their maps.

    Attributes
    ----------
    length, bin : int
        Window and its central bin, in bp.
    sequences : Sequences
        True positives are sorted by decreasing probability.
    labels, probabilities : numpy.ndarray, shape=(n,), dtype=float32
        The label is NaN if unknown.
    maps : dict of numpy.ndarray, shape=(m, length)
        By method. Slow methods have maps of the first m sequences only.
    resolution : Resolution or None
        Of the layer for Grad-CAM and HiResCAM.
    sites, hits : list of list of Interval
        Planted sites, and matches of the known motif, by sequence.
    motif : str
        Name of the known motif; empty if unknown.
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
    """The window of a given width, in bp, with the highest weighted sum of a map.

    Weights decrease from the centre of the window, so that it is centred on a peak. Of equal
    windows, the middle one; the whole map, shape=(length,), if it is shorter.
    """
    width = min(width, len(bases))
    distance = np.abs(np.arange(width) - (width - 1) / 2)
    sums = np.correlate(bases.astype(np.float64), 1 - distance / (width / 2), mode="valid")
    best = np.flatnonzero(sums >= sums.max() - 1e-9)
    start = int(best[len(best) // 2])
    return start, start + width


def contains(window: Interval, matches: list[Interval]) -> bool:
    """Whether a window contains the centre of a match."""
    return any(window[0] <= (start + end) / 2 < window[1] for start, end in matches)


def share_in_bin(bases: npt.NDArray[np.floating], bin: int) -> float:
    """Share of the mean of non-negative maps, shape=(n, length), in the central bin.

    NaN if all maps are zero.
    """
    mean = bases.mean(axis=0, dtype=np.float64)
    low = (len(mean) - bin) // 2
    total = mean.sum()
    return float(mean[low : low + bin].sum() / total) if total > 0 else float("nan")
