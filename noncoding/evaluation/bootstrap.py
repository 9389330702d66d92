"""Block bootstrap over loci, paired between targets and classifiers.

Neighbouring windows overlap and share labels, so loci are not independent. Blocks of
neighbouring loci are resampled instead, the same blocks for every target and classifier.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.common.files import atomic_write
from noncoding.common.hdf5 import attribute, damage_reported, new_hdf5, open_hdf5, own_dataset
from noncoding.evaluation.confidence_intervals import degrees_of_freedom, logit_interval
from noncoding.evaluation.metrics import Labels, Scores

BLOCK_BP = 10_000
"""Maximum length of a block of overlapping windows."""
BLOCK_WINDOWS = 10
"""The same in lengths of a window, where this is longer."""
BLOCK_LOCI = 20
"""Loci per block where the store has no coordinates."""
_AT_ONCE = 2**15
"""Resampled loci that are counted at once, which fit into the cache of a processor."""
_ARRAYS = ("auroc", "auprc", "positives", "loci")


class Replicates(NamedTuple):
    """Metrics of resampled loci, and the blocks that were resampled.

    Attributes
    ----------
    auroc, auprc : numpy.ndarray, shape=(replicates, targets), dtype=float64
        NaN where a replicate has no positive, or no negative, of a target.
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
        """Whether a block has several loci, whose windows then overlap or may overlap."""
        return bool((self.loci > 1).any())

    def is_paired_with(self, other: "Replicates") -> bool:
        """Whether each replicate holds the same loci as that of the other."""
        return (
            self.seed == other.seed
            and len(self.auroc) == len(other.auroc)
            and np.array_equal(self.loci, other.loci)
        )

    def pooled_degrees_of_freedom(self, targets: npt.ArrayLike) -> float:
        """`degrees_of_freedom` of the pooled loci of targets, by index or mask."""
        chosen = self.positives[:, np.asarray(targets)]
        pooled = self.loci * chosen.shape[1]
        return float(degrees_of_freedom(chosen.sum(axis=1, keepdims=True), pooled)[0])


def write_replicates(replicates: Replicates, path: str | os.PathLike[str]) -> None:
    """Write the arrays of `Replicates` as HDF5 datasets, and the seed as an attribute."""
    with atomic_write(path) as [partial], new_hdf5(partial) as file:
        for name in _ARRAYS:
            values = getattr(replicates, name)
            file.create_dataset(name, data=values, compression="gzip", shuffle=True)
        file.attrs["seed"] = replicates.seed


def read_replicates(path: str | os.PathLike[str]) -> Replicates:
    """Read what `write_replicates` wrote; an `InputError` if the content is another."""
    expected = f"replicates: the attribute seed and the datasets {', '.join(_ARRAYS)}"
    remedy = "Run the stages 'baseline' and 'evaluate' again."
    with open_hdf5(path, expected, remedy) as file, damage_reported(path, expected, remedy):
        arrays = {name: own_dataset(file, name)[:] for name in _ARRAYS}
        seed = int(attribute(file, "seed"))
    return Replicates(**arrays, seed=seed)


def blocks(loci: pd.DataFrame | None, count: int) -> npt.NDArray[np.int64]:
    """Number of the block of each locus, from 0, shape=(count,).

    Windows that overlap, directly or through others, form a block. A long chain is divided
    into blocks of at most `BLOCK_BP`, or of `BLOCK_WINDOWS` windows if that is longer.

    Parameters
    ----------
    loci : pandas.DataFrame or None
        Columns chromosome, start, end (bp, half-open), one row per locus; rows beyond
        ``count`` (reverse complements) are ignored. Without coordinates, `BLOCK_LOCI`
        consecutive loci form a block, because the DeepSEA bundle is sorted by position.
    count : int
        Number of loci.
    """
    if loci is None:
        return np.arange(count) // BLOCK_LOCI
    loci = loci.iloc[:count]
    order = np.lexsort((loci["start"], loci["chromosome"]))
    chromosomes, starts, ends = (
        loci[column].to_numpy()[order] for column in ("chromosome", "start", "end")
    )
    longest = max(BLOCK_BP, BLOCK_WINDOWS * int((ends - starts).max(initial=0)))
    result = np.empty(count, dtype=np.int64)
    number, first = -1, 0
    for place in range(count):
        if (
            place == 0
            or chromosomes[place] != chromosomes[place - 1]
            or starts[place] >= ends[place - 1]
            or ends[place] - first > longest
        ):
            number, first = number + 1, starts[place]
        result[order[place]] = number
    return result


def bootstrap(
    labels: Labels,
    scores: Scores,
    block: npt.NDArray[np.int64],
    *,
    replicates: int,
    seed: int,
    threads: int = 1,
) -> Replicates:
    """Metrics of loci that are resampled with replacement, in whole blocks.

    Each replicate has as many blocks as there are, the same for all targets and, with the
    same seed, for all classifiers of the same loci. Replicates of means over targets, and of
    differences between classifiers, are therefore paired. A locus that is resampled k times
    counts k times, like the ``sample_weight`` of scikit-learn.

    Parameters
    ----------
    labels, scores : numpy.ndarray, shape=(loci, targets)
    block : numpy.ndarray, shape=(loci,), dtype=int64
        Made by `blocks`.
    replicates, seed, threads : int
    """
    generator = np.random.default_rng(seed)
    number = int(block.max(initial=-1)) + 1
    times = np.stack(
        [
            np.bincount(generator.integers(0, number, number), minlength=number)
            for _ in range(replicates)
        ]
    ).astype(np.int32)
    metrics = np.empty((2, replicates, labels.shape[1]))
    positives = np.empty((number, labels.shape[1]), dtype=np.int32)

    def fill(target: int) -> None:
        label = labels[:, target]
        metrics[:, :, target] = _resampled(label, scores[:, target], block, times)
        positives[:, target] = np.bincount(block[label == 1], minlength=number)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(fill, range(labels.shape[1])))
    loci = np.bincount(block, minlength=number).astype(np.int32)
    return Replicates(metrics[0], metrics[1], positives, loci, seed)


def _resampled(
    labels: Labels,
    scores: Scores,
    block: npt.NDArray[np.int64],
    times: npt.NDArray[np.int32],
) -> npt.NDArray[np.float64]:
    """AUROC and average precision of one target, shape=(2, replicates)."""
    result = np.full((2, len(times)), np.nan)
    if not labels.any():
        return result
    order = np.argsort(scores)[::-1]
    falling, positive = scores[order], np.flatnonzero(labels[order])
    block_of, block_of_positive = block[order], block[order[positive]]
    # Of the loci that are tied with each positive, the first and the last, among all loci and
    # among the positives.
    first, last = _ties(falling, falling[positive])
    first_positive, last_positive = _ties(falling[positive], falling[positive])
    # Of few loci, many replicates at once.
    step = max(1, _AT_ONCE // len(falling))
    for start in range(0, len(times), step):
        weights_of_blocks = times[start : start + step]
        weights = weights_of_blocks.take(block_of_positive, axis=1)
        found = _counts_before(weights_of_blocks.take(block_of, axis=1))
        found_positives = _counts_before(weights)
        positives = found_positives[:, -1]
        negatives = found[:, -1] - positives
        higher = found.take(first, axis=1) - found_positives.take(first_positive, axis=1)
        no_lower = found.take(last, axis=1) - found_positives.take(last_positive, axis=1)
        lost = (weights * (higher + no_lower)).sum(axis=1)
        # NaN where a locus is not resampled, or no positive is.
        with np.errstate(invalid="ignore"):
            precision = found_positives.take(last_positive, axis=1) / found.take(last, axis=1)
            total = np.where(weights > 0, weights * precision, 0.0).sum(axis=1)
            metrics = np.stack([1 - lost / (2 * positives * negatives), total / positives])
        metrics[:, negatives == 0] = np.nan
        result[:, start : start + step] = metrics
    return result


def _counts_before(weights: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Sum of the weights before each place and of all, from shape (n, k) to (n, k + 1)."""
    counts = np.zeros((len(weights), weights.shape[1] + 1), dtype=np.int64)
    np.cumsum(weights, axis=1, out=counts[:, 1:])
    return counts


def _ties(falling: Scores, scores: Scores) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Where the values that equal each score begin and end in a falling array."""
    rising = falling[::-1]
    return (
        len(falling) - np.searchsorted(rising, scores, "right"),
        len(falling) - np.searchsorted(rising, scores, "left"),
    )


def mean_over_targets(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Mean of each replicate over the targets that have a metric in it.

    From shape (replicates, targets) to (replicates,). NaN where a replicate has no metric;
    unlike `numpy.nanmean`, without a warning.
    """
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0).sum(axis=1)
    with np.errstate(invalid="ignore"):
        return total / known.sum(axis=1)


def average_interval(
    estimate: float,
    replicates: Replicates,
    metric: str,
    targets: npt.ArrayLike,
    average: Callable[..., npt.NDArray[np.float64]] = mean_over_targets,
) -> list[float] | None:
    """95 % interval of an average over targets (`logit_interval`).

    Targets share the loci of each replicate, so their correlation is accounted for.

    Parameters
    ----------
    estimate : float
    replicates : Replicates
    metric : str
        "auroc" or "auprc".
    targets : array_like
        Indices, or a mask.
    average : callable
        From shape (replicates, targets) to (replicates,).
    """
    averages = average(getattr(replicates, metric)[:, np.asarray(targets)])
    degrees = replicates.pooled_degrees_of_freedom(targets)
    limits = logit_interval(np.array([estimate]), averages[:, None], np.array([degrees]))
    return None if np.isnan(limits).any() else limits[:, 0].tolist()
