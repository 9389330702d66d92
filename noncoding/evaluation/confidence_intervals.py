"""Confidence intervals and p-values by Student's t, from replicates of an estimate."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit
from scipy.stats import t

LEVEL = 0.95
"""Confidence level of all intervals."""


def t_quantile(degrees: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Two-sided quantile of Student's t; NaN without a degree of freedom."""
    return t.ppf((1 + LEVEL) / 2, degrees)


def degrees_of_freedom(
    positives: npt.NDArray[np.integer], loci: npt.NDArray[np.integer]
) -> npt.NDArray[np.float64]:
    """Degrees of freedom of a standard deviation over replicates, by target.

    The effective number of blocks with a positive, or with a negative if these are fewer,
    minus one. The effective number is the squared sum of the blocks' counts over the sum of
    their squares (Kish 1965), because a block with most of the positives dominates.

    Parameters
    ----------
    positives : numpy.ndarray, shape=(blocks, targets), dtype=int
        Positive loci.
    loci : numpy.ndarray, shape=(blocks,), dtype=int

    Returns
    -------
    numpy.ndarray, shape=(targets,), dtype=float64
        At least 0; NaN where a class is empty.

    Examples
    --------
    >>> degrees_of_freedom(np.array([[2, 2], [2, 0], [0, 0]]), np.array([4, 4, 4]))
    array([1., 0.])
    """
    found = positives.astype(np.float64)
    with np.errstate(invalid="ignore"):
        effective = [
            counts.sum(axis=0) ** 2 / (counts**2).sum(axis=0)
            for counts in (found, loci[:, None] - found)
        ]
    return np.minimum(*effective) - 1


def logit_interval(
    estimate: npt.NDArray[np.float64],
    replicates: npt.NDArray[np.float64],
    degrees: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """95 % intervals of estimates between 0 and 1.

    On the logit scale: estimate ± quantile of Student's t × standard deviation of the
    replicates. Percentiles would be biased: copies of a resampled positive are adjacent in
    the ranking and increase the average precision.

    Parameters
    ----------
    estimate, degrees : numpy.ndarray, shape=(targets,)
    replicates : numpy.ndarray, shape=(replicates, targets)

    Returns
    -------
    numpy.ndarray, shape=(2, targets)
        Lower and upper limit. NaN where the estimate or all but one of its replicates are
        0, 1 or NaN, or there is no degree of freedom.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = logit(estimate)
        inside = np.where((replicates > 0) & (replicates < 1), logit(replicates), np.nan)
    enough = (np.isfinite(inside).sum(axis=0) >= 2) & np.isfinite(centre)
    error = np.full(len(estimate), np.nan)
    error[enough] = np.nanstd(inside[:, enough], axis=0, ddof=1)
    reach = t_quantile(degrees) * error
    return np.stack([expit(centre - reach), expit(centre + reach)])


class Difference(NamedTuple):
    """95 % interval of a difference, and the two-sided p-value of no difference.

    The p-value is below 0.05 exactly where the interval excludes 0.
    """

    low: float
    high: float
    p_value: float


def difference_interval(
    estimate: float, replicates: npt.NDArray[np.float64], degrees: float
) -> Difference:
    """Interval and p-value of a difference: Student's t over its paired replicates.

    Replicates, shape=(replicates,), are the same difference of the same resampled loci on both
    sides; NaN are ignored. The result is NaN with fewer than two replicates or without a degree
    of freedom, the p-value also where all replicates are equal.
    """
    known = replicates[~np.isnan(replicates)]
    if len(known) < 2:
        return Difference(np.nan, np.nan, np.nan)
    error = known.std(ddof=1)
    reach = float(t_quantile(degrees)) * error
    p_value = 2 * float(t.sf(abs(estimate) / error, degrees)) if error > 0 else np.nan
    return Difference(float(estimate - reach), float(estimate + reach), p_value)
