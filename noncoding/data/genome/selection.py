"""Choose the bins that become rows: by their labels, their windows, and without a label."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.common.errors import InputError
from noncoding.data.genome.bins import BinAxis, Binning, Integers, overlaps
from noncoding.data.genome.coded_genome import CodedGenome
from noncoding.data.genome.labels import Labels
from noncoding.data.genome.negatives import draw_negatives, is_clear, negatives_warning
from noncoding.data.genome.splits import GUARDED, OUTSIDE, windows_split
from noncoding.layout import SPLITS
from noncoding.settings.genome import Negatives, SplitRows, Splits

log = logging.getLogger(__name__)

USABLE, OFF, GUARD, EXCLUDED, UNKNOWN_BASES = range(5)
"""What becomes of a window: it is used; or it extends beyond its region or chromosome, is too close
to another split, overlaps an excluded region, or has too many unknown bases."""


@dataclass(frozen=True)
class Windows:
    """The windows of bins within the regions of the splits.

    Attributes
    ----------
    bins : numpy.ndarray, shape=(n,), dtype=int64
        Numbers of the bins, in the order of rows.
    split : numpy.ndarray, shape=(n,), dtype=int8
        Index of the split whose region holds the bin.
    state : numpy.ndarray, shape=(n,), dtype=int8
        `USABLE`, or why the window is not: the first reason of `OFF`, `GUARD`, …
    excluded_by : dict
        File of excluded regions → number of windows that overlap one.
    """

    bins: Integers
    split: npt.NDArray[np.int8]
    state: npt.NDArray[np.int8]
    excluded_by: dict[str, int] = field(default_factory=dict)

    def usable(self, split: int | None = None) -> Integers:
        """Bins of usable windows, of one split or of all, in the order of rows."""
        chosen = self.state == USABLE
        return self.bins[chosen if split is None else chosen & (self.split == split)]

    def take(self, chosen: npt.NDArray[Any]) -> "Windows":
        """Some of the windows, by their indices or a mask."""
        return Windows(self.bins[chosen], self.split[chosen], self.state[chosen], self.excluded_by)

    def followed_by(self, others: "Windows") -> "Windows":
        """These windows, and then others."""
        return Windows(
            np.concatenate([self.bins, others.bins]),
            np.concatenate([self.split, others.split]),
            np.concatenate([self.state, others.state]),
            self.excluded_by,
        )


@dataclass(frozen=True)
class WindowRules:
    """What windows must satisfy.

    Attributes
    ----------
    regions : pandas.DataFrame
        Of the splits, see `noncoding.data.genome.splits.split_regions`.
    guard : int
        Least distance in bp between windows of different splits.
    excluded : dict
        File → chromosome → its regions (columns ``start`` and ``end``), which no window overlaps.
    max_n : float
        Largest share of unknown bases.
    """

    regions: pd.DataFrame
    guard: int
    excluded: Mapping[str, Mapping[str, pd.DataFrame]]
    max_n: float


def examined(
    bins: Integers, axis: BinAxis, binning: Binning, rules: WindowRules, genome: CodedGenome
) -> Windows:
    """Examine the windows of bins in any order; bins outside the regions are left out."""
    split = np.full(len(bins), OUTSIDE, dtype=np.int8)
    state = np.zeros(len(bins), dtype=np.int8)
    excluded_by = dict.fromkeys(rules.excluded, 0)
    for chromosome, rows, first in axis.on_chromosomes(bins):
        split[rows] = windows_split(rules.regions, chromosome, first, binning.bin, 0)
        starts = first - binning.flank
        own = windows_split(rules.regions, chromosome, starts, binning.window, rules.guard)
        found = np.zeros(len(rows), dtype=np.int8)
        found[own == OUTSIDE] = OFF
        found[own == GUARDED] = GUARD
        inside = np.flatnonzero((own >= 0) & (split[rows] >= 0))
        excluded = np.zeros(len(inside), dtype=bool)
        for file, regions in rules.excluded.items():
            if chromosome in regions:
                hit = overlaps(starts[inside], binning.window, regions[chromosome])
                excluded_by[file] += int(hit.sum())
                excluded |= hit
        found[inside[excluded]] = EXCLUDED
        if rules.max_n < 1:
            left = inside[~excluded]
            unknown = genome.composition(chromosome, starts[left], binning.window)["unknown"]
            found[left[unknown.to_numpy() > rules.max_n]] = UNKNOWN_BASES
        state[rows] = found
    within = split >= 0
    return Windows(bins[within], split[within], state[within], excluded_by)


def all_bins(axis: BinAxis, chromosomes: Sequence[str]) -> Integers:
    """Numbers of all complete bins of all grids of some chromosomes, in ascending order."""
    wanted = np.isin(axis.chromosomes, chromosomes)
    spans = [
        np.arange(first, first + count)
        for first, count in zip(
            axis.first[:, wanted].flat, axis.complete[:, wanted].flat, strict=True
        )
    ]
    return np.concatenate([np.empty(0, dtype=np.int64), *spans])


def ordered(bins: Integers, axis: BinAxis, order: str) -> Integers:
    """Bins in the order of rows: of the genome, or of the names of chromosomes (``name``)."""
    bins = np.sort(bins)
    if order != "name":
        return bins
    rank = np.empty(len(axis.chromosomes), dtype=np.int64)
    rank[sorted(range(len(rank)), key=axis.chromosomes.__getitem__)] = np.arange(len(rank))
    return bins[np.argsort(rank[axis.starts(bins)[0]], kind="stable")]


def cut_into_rows(windows: Windows, splits: Splits) -> Windows:
    """Give the first usable windows to training, the next ones to validation.

    Windows of the test split stay; those that are left over are dropped.

    Raises
    ------
    InputError
        There are fewer windows than asked for.
    """
    train, valid = splits.train, splits.valid
    if not (isinstance(train, SplitRows) and isinstance(valid, SplitRows)):
        return windows
    test = SPLITS.index("test")
    free = np.flatnonzero((windows.state == USABLE) & (windows.split != test))
    if len(free) < train.rows + valid.rows:
        raise InputError(
            "splits, 'train' and 'valid'",
            f"{len(free):,} usable loci on chromosomes that no other split names",
            f"at least {train.rows:,} for training and {valid.rows:,} for validation",
            "Reduce the numbers of rows, or name fewer chromosomes in 'test' and 'ignore'.",
        )
    split = windows.split.copy()
    split[free[: train.rows]] = SPLITS.index("train")
    split[free[train.rows : train.rows + valid.rows]] = SPLITS.index("valid")
    kept = np.ones(len(split), dtype=bool)
    kept[free[train.rows + valid.rows :]] = False
    kept &= (windows.state == USABLE) | (split == test)
    return replace(windows, split=split).take(kept)


def drawn_negatives(
    settings: Negatives,
    windows: Windows,
    labels: Labels,
    axis: BinAxis,
    binning: Binning,
    rules: WindowRules,
    genome: CodedGenome,
) -> tuple[Windows, dict[str, dict[str, Any]]]:
    """Draw bins without any label.

    Parameters
    ----------
    settings : Negatives
    windows : Windows
        Those of the rows; bins with a label are matched, and none is drawn twice.
    labels : Labels
        Of all targets that were read.

    Returns
    -------
    windows : Windows
        Of the drawn bins, in ascending order.
    counts : dict
        Split → numbers ``wanted`` and ``drawn``, and ``difference``, see
        `noncoding.data.genome.negatives.draw_negatives`.
    """
    chromosomes = list(dict.fromkeys(rules.regions["chromosome"]))
    reach = binning.window if settings.avoid == "windows" else (binning.window + binning.bin) // 2
    free = []
    labelled = labels.bins.astype(np.int64)
    on = {name: first // binning.bin for name, _, first in axis.on_chromosomes(labelled)}
    for chromosome, rows, first in axis.on_chromosomes(bins := all_bins(axis, chromosomes)):
        clear = np.ones(len(first), dtype=bool)
        if chromosome in on:
            clear = is_clear(first // binning.bin, on[chromosome], -(-reach // binning.bin))
        own = bins[rows[clear]]
        free.append(own[~np.isin(own, windows.bins)])
    candidates = examined(np.concatenate([bins[:0], *free]), axis, binning, rules, genome)
    rng = np.random.default_rng(settings.seed)
    chosen, counts = [bins[:0]], {}
    for index, split in enumerate(SPLITS):
        own = windows.usable(index)
        own = own[labels.has_label(own)]
        if not (wanted := round(getattr(settings, split) * len(own))):
            continue
        possible = candidates.usable(index)
        drawn = draw_negatives(
            _composition(possible, axis, binning, genome),
            _composition(own, axis, binning, genome),
            wanted,
            settings.match,
            rng,
        )
        chosen.append(possible[drawn.chosen])
        if warning := negatives_warning(split, drawn, settings.avoid):
            log.warning("%s", warning)
        counts[split] = {
            "wanted": wanted,
            "drawn": len(drawn.chosen),
            "difference": drawn.difference,
        }
    taken = np.isin(candidates.bins, np.concatenate(chosen)) & (candidates.state == USABLE)
    return candidates.take(taken), counts


def _composition(
    bins: Integers, axis: BinAxis, binning: Binning, genome: CodedGenome
) -> pd.DataFrame:
    """Shares of bases of the windows of bins, as `CodedGenome.composition`."""
    parts = []
    for chromosome, rows, first in axis.on_chromosomes(bins):
        found = genome.composition(chromosome, first - binning.flank, binning.window)
        parts.append(found.set_index(rows))
    if not parts:
        return genome.composition(axis.chromosomes[0], bins, binning.window)
    return pd.concat(parts).sort_index()
