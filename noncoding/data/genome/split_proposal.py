"""Propose the chromosomes of the splits."""

import math
import re
from fnmatch import fnmatchcase

import numpy as np
import numpy.typing as npt
import pandas as pd
import yaml

from noncoding.common.errors import InputError, some_of
from noncoding.data.genome.chromosome_names import is_sex_chromosome
from noncoding.data.genome.chromosomes import Genome, region_of
from noncoding.data.genome.splits import on_one_axis, split_regions
from noncoding.layout import SPLITS
from noncoding.settings.genome import Splits

SHARE = 0.1
"""Share of the peaks and bases for each of the test and the validation split."""
MOST_OFF = 2.0
"""Factor by which the share of a split may differ from `SHARE` with whole chromosomes."""
_MOST_NAMES = 6
_PER_NAME = 0.005
"""Deviation from `SHARE` that is accepted for one name less."""
_LARGEST = 60
"""Number of sequences, the largest, that are considered: an assembly may have a million."""


class _Shares:
    """Shares of the bases, and of the peaks if there are any, of the sequences in use.

    Attributes
    ----------
    of : pandas.DataFrame
        Index: the sequences in use, in the order of the genome. Columns: ``bases`` and ``peaks``,
        or ``bases`` alone; each sums to 1.
    """

    def __init__(self, genome: Genome, peaks: pd.DataFrame | None) -> None:
        left_out = genome.alternative | genome.organelles
        used = {
            name: length for name, length in genome.lengths.items() if name not in left_out
        } or genome.lengths
        amounts = pd.DataFrame({"bases": pd.Series(used, dtype="float64")})
        self.peaks = pd.DataFrame({"chromosome": [], "position": []}) if peaks is None else peaks
        counts = dict(self.peaks["chromosome"].value_counts())
        amounts["peaks"] = [float(counts.get(name, 0)) for name in amounts.index]
        self.numbers = amounts["peaks"].astype("int64")
        if not self.numbers.any():
            amounts = amounts[["bases"]]
        self.of = amounts / amounts.sum()
        self.lengths = used

    def sizes(self) -> pd.Series:
        """Size of each sequence, for comparison: its shares of bases and peaks together."""
        return self.of.sum(axis=1)

    def together(self, names: list[str]) -> npt.NDArray[np.float64]:
        """Shares of several names, each a sequence, a pattern or a region, by column of `of`."""
        return np.sum([self._of(name) for name in names], axis=0)

    def _of(self, name: str) -> npt.NDArray[np.float64]:
        if name in self.lengths:
            return self.of.loc[name].to_numpy()
        if region := region_of(name, self.lengths):
            found = [(region.end - region.start) / sum(self.lengths.values())]
            if "peaks" in self.of:
                positions = self.positions(region.chromosome)
                inside = (positions >= region.start) & (positions < region.end)
                found.append(inside.sum() / self.numbers.sum())
            return np.array(found)
        return self.of[[fnmatchcase(each, name) for each in self.of.index]].sum().to_numpy()

    def positions(self, chromosome: str) -> npt.NDArray[np.int64]:
        """Sorted positions of the peaks on a sequence."""
        own = self.peaks["position"][self.peaks["chromosome"] == chromosome]
        return np.sort(own.to_numpy(dtype="int64"))


def proposed_splits(genome: Genome, peaks: pd.DataFrame | None = None) -> dict[str, list[str]]:
    """Chromosomes for the validation and the test split, about 10 % of the data each.

    The data are the bases, and the peaks if they are given. Each split gets few neighbours in the
    order of the file. Alternatives of other chromosomes, sex chromosomes and organelles are not
    proposed; organelles are to be left out (``ignore``). Where no whole chromosomes have about 10 %
    (a factor of `MOST_OFF` is accepted; of the peaks if they are given), both ends of the largest
    are proposed; of thousands of numbered contigs, those with two last digits.

    Parameters
    ----------
    genome : Genome
    peaks : pandas.DataFrame, optional
        ``chromosome`` of the genome, and ``position`` (bp, 0-based) of each peak of any target.

    Returns
    -------
    dict
        ``valid``, ``test`` and, if there are organelles, ``ignore``.
    """
    shares = _Shares(genome, peaks)
    candidates = [_whole(shares, genome), _by_last_digit(shares), _ends_of_largest(shares)]
    possible = [candidate for candidate in candidates if candidate]

    def factor(splits: dict[str, list[str]]) -> float:
        """Largest factor by which a split's share differs from the one that is aimed at."""
        found = [shares.together(names)[-1] / SHARE for names in splits.values()]
        return max(max(share, 1 / share) if share else math.inf for share in found)

    within = (each for each in possible if factor(each) <= MOST_OFF * (1 + 1e-9))
    chosen = next(within, None) or min(possible, key=factor)
    ignored = [
        name for name in genome.lengths if name in genome.organelles and name not in shares.lengths
    ]
    return chosen | ({"ignore": ignored} if ignored else {})


def _whole(shares: _Shares, genome: Genome) -> dict[str, list[str]]:
    """Two runs of neighbouring chromosomes; at least one other is left for training."""
    largest = set(shares.sizes().nlargest(_LARGEST).index)
    names = [
        name
        for name in shares.lengths
        if name in largest and not is_sex_chromosome(name, genome.lengths)
    ]
    if len(names) < 3:
        return {}
    runs = [
        names[first : first + count]
        for count in range(1, min(_MOST_NAMES, len(names) - 2) + 1)
        for first in range(len(names) - count + 1)
    ]
    distance = {
        tuple(run): float(np.abs(shares.together(run) - SHARE).sum()) + _PER_NAME * len(run)
        for run in runs
    }
    test = min(runs, key=lambda run: distance[tuple(run)])
    others = [run for run in runs if not set(run) & set(test) and len(run) + len(test) < len(names)]
    return {"valid": min(others, key=lambda run: distance[tuple(run)]), "test": test}


def _by_last_digit(shares: _Shares) -> dict[str, list[str]]:
    """Two patterns of contigs, by the last digit before a version, with about 10 % of the data."""
    if len(shares.of) <= _LARGEST:
        return {}
    found = {name: re.search(r"\d(\.\d+)?$", name) for name in shares.of.index}
    digits = {name: f"*{digit[0]}" for name, digit in found.items() if digit}
    distance = (shares.of.groupby(digits).sum() - SHARE).abs().sum(axis=1)
    near = distance.nsmallest(2).index.tolist()
    return {"valid": near[1:], "test": near[:1]} if len(near) == 2 else {}


def _ends_of_largest(shares: _Shares) -> dict[str, list[str]]:
    """The first and the last part of the largest sequence, at most a third of it each."""
    name = str(shares.sizes().idxmax())
    length = shares.lengths[name]
    positions = shares.positions(name)
    number = min(max(1, round(SHARE * shares.numbers.sum())), len(positions) // 3)
    part = max(1, min(round(SHARE * sum(shares.lengths.values())), length // 3))
    first, last = part, length - part
    if number:
        # Between two peaks.
        places = (number, len(positions) - number)
        between = [round(positions[place - 1 : place + 1].mean()) for place in places]
        if 0 < between[0] < between[1] < length:
            first, last = between
    return {"valid": [f"{name}:1-{first}"], "test": [f"{name}:{last + 1}-{length}"]}


def split_sizes(
    genome: Genome, splits: Splits, peaks: pd.DataFrame
) -> tuple[pd.Series, npt.NDArray[np.int8]]:
    """Bases of each split, and the split of each peak.

    Parameters
    ----------
    genome : Genome
    splits : Splits
    peaks : pandas.DataFrame
        As in `proposed_splits`.

    Returns
    -------
    bases : pandas.Series
        Split → number of bases, int64.
    split_of : array of shape=(n_peaks,), dtype=int8
        Place in `SPLITS` of the split of each peak; -1 for those in none.
    """
    regions = split_regions(genome, splits)
    length = regions["end"] - regions["start"]
    bases = length.groupby(regions["split"]).sum().reindex(SPLITS, fill_value=0)
    starts, ends = (np.append(-1, found) for found in on_one_axis(regions, genome, "start", "end"))
    places = {name: index for index, name in enumerate(SPLITS)}
    owners = np.append(-1, regions["split"].map(places)).astype(np.int8)
    [positions] = on_one_axis(peaks, genome, "position")
    found = np.searchsorted(starts, positions, side="right") - 1
    return bases, np.where(positions < ends[found], owners[found], np.int8(-1))


def missing_splits(genome: Genome) -> InputError:
    """The error for a data set without splits, with a line to copy into its configuration."""
    splits = proposed_splits(genome)
    none = pd.DataFrame({"chromosome": [], "position": []})
    bases, _ = split_sizes(genome, Splits.model_validate(splits), none)
    valid, test = (bases[split] / bases.sum() for split in ("valid", "test"))
    line = yaml.safe_dump(splits, default_flow_style=True, sort_keys=False, width=math.inf).strip()
    return InputError(
        genome.fasta,
        f"no key 'splits' in the data set (chromosomes: {some_of(genome.lengths)})",
        "the chromosomes on which models are validated and tested",
        f"Add this line to the data set, or one like it ({100 * valid:.0f} % of the bases for "
        f"validation, {100 * test:.0f} % for the test, all others for training): splits: {line}",
    )
