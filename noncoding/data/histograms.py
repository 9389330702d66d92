"""Histograms of shares, such as GC content, in bins of 2 %."""

import numpy as np
import numpy.typing as npt

SHARE_BINS = 50
"""Bins of 2 %; each holds its lower edge, the last one also 1."""


def share_bins(shares: npt.NDArray[np.float64]) -> npt.NDArray[np.int16]:
    """Bin of each share (from 0 to 1, no NaN), shape=(n,), dtype=int16."""
    # Rounded first: 0.58 × 50 is 28.999…, and 58 % is the lower edge of a bin.
    bins = np.floor(np.round(shares * SHARE_BINS, 6))
    return np.minimum(bins, SHARE_BINS - 1).astype(np.int16)


def share_histogram(shares: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Number of values in each bin, shape=(`SHARE_BINS`,), dtype=int64; NaN is left out."""
    return np.bincount(share_bins(shares[~np.isnan(shares)]), minlength=SHARE_BINS)


def mean_difference(one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> float | None:
    """Mean absolute difference of two histograms of counts, each as shares of its sum.

    The mean is over the bins in which either has a value: empty bins would only make it smaller.
    None if one of the histograms is empty.

    Examples
    --------
    >>> mean_difference(np.array([1, 1, 0, 0]), np.array([0, 3, 1, 0]))  # (0.5 + 0.25 + 0.25) / 3
    0.3333333333333333
    """
    if not one.any() or not other.any():
        return None
    difference = np.abs(one / one.sum() - other / other.sum())
    return float(difference[(one > 0) | (other > 0)].mean())
