"""How far metrics can be trusted: DeLong's variance, and a bootstrap of blocks of loci."""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import h5py
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import t

from noncoding.errors import InputError
from noncoding.files import written_whole

LEVEL = 0.95
"""Of all intervals."""
BLOCK_BP = 10_000
"""Windows that overlap are one block, but in a longer chain a new one begins after so much."""
BLOCK_LOCI = 20
"""Neighbours that are one block where the store has no coordinates."""

MANY = 1_000_000
"""Positives of an average over targets: Student's t is the normal distribution then."""


class Replicates(NamedTuple):
    """Metrics of resampled loci.

    Attributes
    ----------
    auroc, auprc : numpy.ndarray, shape=(replicates, targets), dtype=float64
        NaN where a replicate holds no positive, or no negative, of a target.
    """

    auroc: npt.NDArray[np.float64]
    auprc: npt.NDArray[np.float64]


def write_replicates(replicates: Replicates, path: str | os.PathLike[str]) -> None:
    """Keep replicates as HDF5: ``auroc`` and ``auprc``, (replicates, targets)."""
    with written_whole(path) as [partial], h5py.File(partial, "w") as file:
        for name, values in replicates._asdict().items():
            file.create_dataset(name, data=values, compression="gzip", shuffle=True)


def read_replicates(path: str | os.PathLike[str]) -> Replicates:
    """Read what `write_replicates` wrote.

    Raises
    ------
    InputError
        The file cannot be read, or is another.
    """
    try:
        with h5py.File(path, "r") as file:
            return Replicates(*(file[name][:] for name in Replicates._fields))
    except (OSError, KeyError) as error:
        raise InputError(
            path,
            f"a file that cannot be read as replicates ({error})",
            f"HDF5 with the data sets {' and '.join(Replicates._fields)}",
            "Run the stage 'evaluate' again.",
        ) from error


def delong(
    labels: npt.NDArray[np.uint8], scores: npt.NDArray[np.floating], threads: int = 1
) -> npt.NDArray[np.float64]:
    """95 % interval of the AUROC of each target (DeLong et al. 1988, Biometrics 44:837).

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
    """Of Student's t: of few loci, a variance is known less surely than 1.96 supposes."""
    return t.ppf((1 + LEVEL) / 2, freedom)


def _placements(
    of: npt.NDArray[np.floating], among: npt.NDArray[np.floating]
) -> npt.NDArray[np.float64]:
    """How many of ``among`` each of ``of`` beats, a tie counted as one half; both sorted."""
    return (np.searchsorted(among, of, "left") + np.searchsorted(among, of, "right")) / 2


def blocks(loci: pd.DataFrame | None, count: int) -> npt.NDArray[np.int64]:
    """Which loci are resampled together.

    Windows of 1000 bp around neighbouring bins share most of their bases, and
    their labels go together: as if they were independent, they would make an
    interval too narrow.

    Parameters
    ----------
    loci : pandas.DataFrame or None
        Columns chromosome, start, end (bp, half-open), one row a locus; None
        where they are not known. Then `BLOCK_LOCI` neighbours in the file are a
        block, since in the DeepSEA bundle these are neighbours on a chromosome.
    count : int
        Number of loci.

    Returns
    -------
    numpy.ndarray, shape=(count,), dtype=int64
        Number of the block of each locus, from 0.
    """
    if loci is None:
        return np.arange(count) // BLOCK_LOCI
    order = np.lexsort((loci["start"], loci["chromosome"]))
    # Chromosomes as they are, starts and ends as plain lists: one pass in the order of the genome.
    chromosomes = loci["chromosome"].to_numpy()[order]
    starts, ends = loci["start"].to_numpy()[order], loci["end"].to_numpy()[order]
    numbers = np.empty(count, dtype=np.int64)
    number, first = -1, 0
    for place in range(count):
        apart = (
            place == 0
            or chromosomes[place] != chromosomes[place - 1]
            or starts[place] >= ends[place - 1]
            or ends[place] - first > BLOCK_BP
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
    """Metrics of loci drawn anew, whole blocks at a time, with replacement.

    Each replicate draws as many blocks as there are, the same ones for all
    targets: so means over targets, and differences between models of the same
    loci and seed, keep what the targets and models have in common.

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
    number = int(block.max()) + 1 if len(block) else 0
    drawn = np.stack(
        [
            np.bincount(generator.integers(0, number, number), minlength=number)
            for _ in range(replicates)
        ]
    ).astype(np.int32)

    def of_target(target: int) -> npt.NDArray[np.float64]:
        return _resampled(labels[:, target], scores[:, target], block, drawn)

    with ThreadPoolExecutor(threads) as pool:
        both = np.stack(list(pool.map(of_target, range(labels.shape[1]))), axis=-1)
    return Replicates(both[0], both[1])


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


def around(
    estimate: npt.NDArray[np.float64],
    values: npt.NDArray[np.float64],
    positives: npt.NDArray[np.int64],
) -> npt.NDArray[np.float64]:
    """Interval around estimates between 0 and 1, as wide as their replicates spread.

    On the logit scale the estimate ± the quantile of Student's t times the
    standard deviation of the replicates. Unlike percentiles it is not shifted
    where the replicates are (an average precision of resampled loci is too
    high, since the copies of a positive stand together).

    Parameters
    ----------
    estimate : numpy.ndarray, shape=(targets,)
    values : numpy.ndarray, shape=(replicates, targets)
    positives : numpy.ndarray, shape=(targets,)
        Number of positive loci; one less are the degrees of freedom.

    Returns
    -------
    numpy.ndarray, shape=(2, targets)
        NaN where the estimate is not between 0 and 1, fewer than two
        replicates are, or there is one positive only.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = logit(estimate)
        inside = np.where((values > 0) & (values < 1), logit(values), np.nan)
    enough = (np.isfinite(inside).sum(axis=0) >= 2) & np.isfinite(centre)
    spread = np.full(len(estimate), np.nan)
    spread[enough] = np.nanstd(inside[:, enough], axis=0, ddof=1)
    with np.errstate(invalid="ignore"):
        reach = _quantile(positives - 1) * spread
    return np.stack([expit(centre - reach), expit(centre + reach)])


def around_average(estimate: float, values: npt.NDArray[np.float64]) -> list[float] | None:
    """Interval of an average over targets, as `around` makes it, of many positives.

    Parameters
    ----------
    estimate : float
        Between 0 and 1.
    values : numpy.ndarray, shape=(replicates,)
        The same average of each replicate; NaN are left out.

    Returns
    -------
    list of float or None
        Lower and upper limit; None where there is no estimate strictly between 0
        and 1, or fewer than two replicates.
    """
    limits = around(np.array([estimate]), values[:, None], np.array([MANY]))
    return None if np.isnan(limits).any() else limits[:, 0].tolist()


def around_difference(estimate: float, values: npt.NDArray[np.float64]) -> list[float] | None:
    """Interval of a difference: the estimate ± the normal quantile times the spread.

    Parameters
    ----------
    estimate : float
    values : numpy.ndarray, shape=(replicates,)
        The same difference of each replicate, of the same loci on both sides; NaN
        are left out.

    Returns
    -------
    list of float or None
        Lower and upper limit; None of fewer than two replicates.
    """
    known = values[~np.isnan(values)]
    if len(known) < 2:
        return None
    reach = float(_quantile(MANY - 1)) * known.std(ddof=1)
    return [float(estimate - reach), float(estimate + reach)]


def mean_over_targets(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Mean of each replicate over the targets that it has.

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
