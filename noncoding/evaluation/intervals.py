"""Confidence intervals and p-values of metrics: block bootstrap over loci, and DeLong.

Neighbouring windows overlap and share labels, so loci are not independent. Blocks of
neighbouring loci are resampled instead, the same blocks for every target and classifier.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import t

from noncoding.common.files import atomic_write
from noncoding.common.hdf5 import attribute, damage_reported, new_hdf5, open_hdf5, own_dataset

LEVEL = 0.95
"""Confidence level of all intervals."""
BLOCK_BP = 10_000
"""Longest block of overlapping windows, unless windows are long; then `BLOCK_WINDOWS`."""
BLOCK_WINDOWS = 10
"""A block may always be this many windows long."""
BLOCK_LOCI = 20
"""Loci of a block where the store has no coordinates."""


class Replicates(NamedTuple):
    """Metrics of resampled loci, and the blocks that were resampled.

    Attributes
    ----------
    auroc, auprc : numpy.ndarray, shape=(replicates, targets), dtype=float64
        NaN where a replicate holds no positive, or no negative, of a target.
    positives : numpy.ndarray, shape=(blocks, targets), dtype=int32
        Positive loci of each block.
    loci : numpy.ndarray, shape=(blocks,), dtype=int32
        Loci of each block.
    seed : int
        Replicates of the same blocks and seed are paired: they hold the same loci.
    """

    auroc: npt.NDArray[np.float64]
    auprc: npt.NDArray[np.float64]
    positives: npt.NDArray[np.int32]
    loci: npt.NDArray[np.int32]
    seed: int

    @property
    def overlapping(self) -> bool:
        """Whether a block holds several loci, whose windows then overlap or may overlap."""
        return bool((self.loci > 1).any())

    def is_paired_with(self, other: "Replicates") -> bool:
        """Whether each replicate holds the same loci as that of the other."""
        return (
            self.seed == other.seed
            and len(self.auroc) == len(other.auroc)
            and np.array_equal(self.loci, other.loci)
        )


def write_replicates(replicates: Replicates, path: str | os.PathLike[str]) -> None:
    """Write the arrays of `Replicates` as HDF5 data sets, and the seed as an attribute."""
    with atomic_write(path) as [partial], new_hdf5(partial) as file:
        for name in _ARRAYS:
            values = getattr(replicates, name)
            file.create_dataset(name, data=values, compression="gzip", shuffle=True)
        file.attrs["seed"] = replicates.seed


def read_replicates(path: str | os.PathLike[str]) -> Replicates:
    """Read what `write_replicates` wrote.

    Raises
    ------
    InputError
        The file cannot be read, or is another.
    """
    expected = f"replicates: the attribute seed and the data sets {', '.join(_ARRAYS)}"
    remedy = "Run the stages 'baseline' and 'evaluate' again."
    with open_hdf5(path, expected, remedy) as file, damage_reported(path, expected, remedy):
        arrays = {name: own_dataset(file, name)[:] for name in _ARRAYS}
        seed = int(attribute(file, "seed"))
    return Replicates(**arrays, seed=seed)


_ARRAYS = ("auroc", "auprc", "positives", "loci")


def delong(
    labels: npt.NDArray[np.uint8], scores: npt.NDArray[np.floating], threads: int = 1
) -> npt.NDArray[np.float64]:
    """95 % interval of the AUROC of each target (DeLong et al. 1988, Biometrics 44:837).

    Valid for independent loci only: of overlapping windows the variance is too small.

    The variance is that of the placements: the share of negatives that each
    positive beats, and of positives that beat each negative. They are looked up
    in sorted scores (Sun & Xu 2014, IEEE Signal Process. Lett. 21:1389, have
    them from midranks). The interval is symmetric on the logit scale, so that
    it stays between 0 and 1.

    Parameters
    ----------
    labels : numpy.ndarray, shape=(loci, targets), dtype=uint8
    scores : numpy.ndarray, shape=(loci, targets), dtype=float32 or float64
    threads : int
        That share the targets out.

    Returns
    -------
    numpy.ndarray, shape=(2, targets), dtype=float64
        Lower and upper limit. NaN where a class has fewer than two loci, and
        where the AUROC is 0 or 1: its estimated variance is 0 then, which says
        nothing of the true one.
    """

    def of_target(target: int) -> tuple[float, float]:
        positive = labels[:, target] == 1
        return _delong(np.sort(scores[positive, target]), np.sort(scores[~positive, target]))

    with ThreadPoolExecutor(threads) as pool:
        limits = list(pool.map(of_target, range(labels.shape[1])))
    return np.array(limits, dtype=np.float64).reshape(-1, 2).T


def _delong(
    positives: npt.NDArray[np.floating], negatives: npt.NDArray[np.floating]
) -> tuple[float, float]:
    m, n = len(positives), len(negatives)
    if m < 2 or n < 2:
        return np.nan, np.nan
    beaten = _placements(positives, negatives) / n
    beaten_by = 1 - _placements(negatives, positives) / m
    area = beaten.mean()
    if not 0 < area < 1:
        return np.nan, np.nan
    error = np.sqrt(beaten.var(ddof=1) / m + beaten_by.var(ddof=1) / n) / (area * (1 - area))
    reach = _quantile(min(m, n) - 1) * error
    return float(expit(logit(area) - reach)), float(expit(logit(area) + reach))


def _quantile(freedom: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Two-sided quantile of Student's t; NaN without a degree of freedom."""
    return t.ppf((1 + LEVEL) / 2, freedom)


def _placements(
    of: npt.NDArray[np.floating], among: npt.NDArray[np.floating]
) -> npt.NDArray[np.float64]:
    """How many of ``among`` each of ``of`` beats, a tie counted as one half; both sorted."""
    return (np.searchsorted(among, of, "left") + np.searchsorted(among, of, "right")) / 2


def blocks(loci: pd.DataFrame | None, count: int) -> npt.NDArray[np.int64]:
    """Which loci are resampled together.

    Windows of 1000 bp around neighbouring bins share most of their bases and often
    their labels; intervals that took them for independent would be too narrow.
    Windows that overlap, directly or through others, are one block. A long chain is
    cut into blocks of at most `BLOCK_BP`, or of `BLOCK_WINDOWS` windows if that is
    longer.

    Parameters
    ----------
    loci : pandas.DataFrame or None
        Columns chromosome, start, end (bp, half-open), one row a locus; rows beyond
        ``count`` (reverse complements) are ignored. None where they are not known;
        then `BLOCK_LOCI` consecutive loci of the file are a block, since the DeepSEA
        bundle is sorted by position.
    count : int
        Number of loci.

    Returns
    -------
    numpy.ndarray, shape=(count,), dtype=int64
        Number of the block of each locus, from 0.
    """
    if loci is None:
        return np.arange(count) // BLOCK_LOCI
    loci = loci.iloc[:count]
    order = np.lexsort((loci["start"], loci["chromosome"]))
    # Chromosomes as they are, starts and ends as plain lists: one pass in the order of the genome.
    chromosomes = loci["chromosome"].to_numpy()[order]
    starts, ends = loci["start"].to_numpy()[order], loci["end"].to_numpy()[order]
    numbers = np.empty(count, dtype=np.int64)
    longest = max(BLOCK_BP, BLOCK_WINDOWS * int((ends - starts).max(initial=0)))
    number, first = -1, 0
    for place in range(count):
        apart = (
            place == 0
            or chromosomes[place] != chromosomes[place - 1]
            or starts[place] >= ends[place - 1]
            or ends[place] - first > longest
        )
        if apart:
            number, first = number + 1, starts[place]
        numbers[place] = number
    result = np.empty(count, dtype=np.int64)
    result[order] = numbers
    return result


def bootstrap(
    labels: npt.NDArray[np.uint8],
    scores: npt.NDArray[np.floating],
    block: npt.NDArray[np.int64],
    *,
    replicates: int,
    seed: int,
    threads: int = 1,
) -> Replicates:
    """Metrics of resampled loci, whole blocks at a time, with replacement.

    Each replicate draws as many blocks as there are, the same ones for all targets
    and, with one seed, for all classifiers of the same loci. Replicates of means over
    targets, and of differences between classifiers, are therefore paired.

    Parameters
    ----------
    labels : numpy.ndarray, shape=(loci, targets), dtype=uint8
    scores : numpy.ndarray, shape=(loci, targets), dtype=float32 or float64
    block : numpy.ndarray, shape=(loci,), dtype=int64
        Made by `blocks`.
    replicates, seed : int
    threads : int
        That share the targets out.

    Returns
    -------
    Replicates
        A locus that is drawn k times counts k times, as with the
        ``sample_weight`` of scikit-learn.
    """
    generator = np.random.default_rng(seed)
    number = int(block.max(initial=-1)) + 1
    drawn = np.stack(
        [
            np.bincount(generator.integers(0, number, number), minlength=number)
            for _ in range(replicates)
        ]
    ).astype(np.int32)
    metrics = np.empty((2, replicates, labels.shape[1]))
    positives = np.empty((number, labels.shape[1]), dtype=np.int32)

    def fill(target: int) -> None:
        own = labels[:, target]
        metrics[:, :, target] = _resampled(own, scores[:, target], block, drawn)
        positives[:, target] = np.bincount(block[own == 1], minlength=number)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(fill, range(labels.shape[1])))
    loci = np.bincount(block, minlength=number).astype(np.int32)
    return Replicates(metrics[0], metrics[1], positives, loci, seed)


def _resampled(
    labels: npt.NDArray[np.uint8],
    scores: npt.NDArray[np.floating],
    block: npt.NDArray[np.int64],
    drawn: npt.NDArray[np.int32],
) -> npt.NDArray[np.float64]:
    """Both metrics of one target, shape=(2, replicates)."""
    result = np.full((2, len(drawn)), np.nan)
    order = np.argsort(scores)[::-1]
    falling, positive = scores[order], np.flatnonzero(labels[order])
    if not len(positive):
        return result
    block_of, block_of_positive = block[order], block[order[positive]]
    # Where the loci begin and end that have the score of each positive.
    rising = falling[::-1]
    begins = len(falling) - np.searchsorted(rising, falling[positive], "right")
    ends = len(falling) - np.searchsorted(rising, falling[positive], "left")
    # The same among the positives.
    rising = falling[positive][::-1]
    begins_of_positives = len(positive) - np.searchsorted(rising, falling[positive], "right")
    ends_of_positives = len(positive) - np.searchsorted(rising, falling[positive], "left")
    found = np.zeros(len(falling) + 1, dtype=np.int64)
    found_positives = np.zeros(len(positive) + 1, dtype=np.int64)
    for number, times in enumerate(drawn):
        np.cumsum(times[block_of], out=found[1:])
        weights = times[block_of_positive]
        np.cumsum(weights, out=found_positives[1:])
        positives = found_positives[-1]
        negatives = found[-1] - positives
        if not positives or not negatives:
            continue
        higher = found[begins] - found_positives[begins_of_positives]
        no_lower = found[ends] - found_positives[ends_of_positives]
        lost = int(weights @ (higher + no_lower))
        result[0, number] = 1 - lost / (2 * positives * negatives)
        taken = weights > 0
        precision = found_positives[ends_of_positives][taken] / found[ends][taken]
        result[1, number] = (weights[taken] @ precision) / positives
    return result


def freedom(
    positives: npt.NDArray[np.integer], loci: npt.NDArray[np.integer]
) -> npt.NDArray[np.float64]:
    """Degrees of freedom of a spread between replicates, by column.

    The number of blocks that hold a positive, or of those that hold a negative if these
    are fewer, less one. Blocks count by their share (Kish 1965: the square of the sum
    over the sum of the squares), since one with most of the positives decides alone.

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
    >>> freedom(np.array([[2, 2], [2, 0], [0, 0]]), np.array([4, 4, 4]))
    array([1., 0.])
    """
    found = positives.astype(np.float64)
    with np.errstate(invalid="ignore"):
        effective = [
            counts.sum(axis=0) ** 2 / (counts**2).sum(axis=0)
            for counts in (found, loci[:, None] - found)
        ]
    return np.minimum(*effective) - 1


def freedom_of_average(replicates: Replicates, targets: npt.ArrayLike) -> float:
    """Degrees of freedom of an average over some targets: `freedom` of their pooled loci.

    Parameters
    ----------
    replicates : Replicates
    targets : array_like
        Indices, or a mask.

    Returns
    -------
    float
    """
    chosen = replicates.positives[:, np.asarray(targets)]
    pooled = replicates.loci * chosen.shape[1]
    return float(freedom(chosen.sum(axis=1, keepdims=True), pooled)[0])


def around(
    estimate: npt.NDArray[np.float64],
    values: npt.NDArray[np.float64],
    degrees: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """95 % interval of estimates between 0 and 1 from the spread of their replicates.

    On the logit scale: estimate ± quantile of Student's t × standard deviation of the
    replicates. Percentiles of the replicates would be shifted: the copies of a resampled
    positive stand together in the ranking and raise the average precision.

    Parameters
    ----------
    estimate : numpy.ndarray, shape=(targets,)
    values : numpy.ndarray, shape=(replicates, targets)
    degrees : numpy.ndarray, shape=(targets,)
        Of freedom, made by `freedom`.

    Returns
    -------
    numpy.ndarray, shape=(2, targets)
        NaN where the estimate or all but one of its replicates are 0, 1 or NaN, or no
        degree of freedom is left.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = logit(estimate)
        inside = np.where((values > 0) & (values < 1), logit(values), np.nan)
    enough = (np.isfinite(inside).sum(axis=0) >= 2) & np.isfinite(centre)
    spread = np.full(len(estimate), np.nan)
    spread[enough] = np.nanstd(inside[:, enough], axis=0, ddof=1)
    reach = _quantile(degrees) * spread
    return np.stack([expit(centre - reach), expit(centre + reach)])


def around_average(
    estimate: float, values: npt.NDArray[np.float64], degrees: float
) -> list[float] | None:
    """95 % interval of an average over targets, as `around` makes it.

    Parameters
    ----------
    estimate : float
        Between 0 and 1.
    values : numpy.ndarray, shape=(replicates,)
        The same average of each replicate; NaN are ignored.
    degrees : float
        Of freedom, made by `freedom_of_average`.

    Returns
    -------
    list of float or None
        Lower and upper limit; None where `around` has none.
    """
    limits = around(np.array([estimate]), values[:, None], np.array([degrees]))
    return None if np.isnan(limits).any() else limits[:, 0].tolist()


class Difference(NamedTuple):
    """A difference between two classifiers, and what is known of it.

    Attributes
    ----------
    low, high : float
        95 % interval.
    p_value : float
        Two-sided, of the null hypothesis that there is none. Below 0.05 exactly where
        the interval leaves out 0.
    """

    low: float
    high: float
    p_value: float


def compare_replicates(
    estimate: float, values: npt.NDArray[np.float64], degrees: float
) -> Difference:
    """Interval and p-value of a difference, from its paired replicates.

    Student's t of the estimate over the standard deviation of the replicates.

    Parameters
    ----------
    estimate : float
    values : numpy.ndarray, shape=(replicates,)
        The same difference in each replicate, with the same loci on both sides; NaN are
        ignored.
    degrees : float
        Of freedom, made by `freedom_of_average`.

    Returns
    -------
    Difference
        NaN with fewer than two replicates or without a degree of freedom; the p-value
        also where all replicates are equal.
    """
    known = values[~np.isnan(values)]
    if len(known) < 2:
        return Difference(np.nan, np.nan, np.nan)
    error = known.std(ddof=1)
    reach = float(_quantile(degrees)) * error
    p_value = 2 * float(t.sf(abs(estimate) / error, degrees)) if error > 0 else np.nan
    return Difference(float(estimate - reach), float(estimate + reach), p_value)


def mean_over_targets(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Mean of each replicate over the targets that have a metric in it.

    Parameters
    ----------
    values : numpy.ndarray, shape=(replicates, targets)

    Returns
    -------
    numpy.ndarray, shape=(replicates,)
        NaN where a replicate has none.
    """
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0).sum(axis=1)
    with np.errstate(invalid="ignore"):
        return total / known.sum(axis=1)
