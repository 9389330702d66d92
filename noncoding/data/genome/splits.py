"""The regions of a genome that are in each split, and the split of a window."""

import logging
from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from itertools import chain

import bioframe
import numpy as np
import numpy.typing as npt
import pandas as pd

from noncoding.common.errors import InputError, some_of
from noncoding.data.genome.bed import on_genome, read_bed, read_file, warn_of_placement
from noncoding.data.genome.chromosome_names import chromosome_map_for, named_after
from noncoding.data.genome.chromosomes import Genome, Region, region_of
from noncoding.layout import SPLITS
from noncoding.settings.genome import SplitRegions, Splits

log = logging.getLogger(__name__)

OUTSIDE = -1
"""Split of a window that no region contains."""
GUARDED = -2
"""Split of a window that is too close to a region of another split."""
_GIVEN = ["chromosome", "start", "end", "split", "name", "where"]
"""Columns of regions as they are given: chromosome as its number in the genome, file and line."""


def split_regions(
    genome: Genome, splits: Splits, chromosome_map: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Assign chromosomes, and regions of them, to splits.

    A name with ``*`` or ``?`` is a pattern of chromosomes, except alternatives of others and
    chromosomes that are named themselves. Regions of a BED file that overlap or are adjacent are
    merged.

    A training split that is None gets all bases that are not named, except alternatives of other
    chromosomes, whose sequence another split may contain. With `Splits.by_rows`, these bases are
    those of training and validation together.

    Parameters
    ----------
    genome : Genome
    splits : Splits
        Each BED file is a local path.
    chromosome_map : mapping, optional
        Name in the BED files → name in the genome, as in `noncoding.data.genome.bed.on_genome`.

    Returns
    -------
    pandas.DataFrame
        ``chromosome`` (categorical, in the order of the genome), ``start`` and ``end`` (int64, bp,
        0-based, half-open) and ``split`` of disjoint regions, in the order of the genome.

    Raises
    ------
    InputError
        A named chromosome is not in the FASTA file or in two splits; a region is not on its
        chromosome or overlaps one of another split; or a BED file cannot be used, see
        `noncoding.data.genome.bed.read_bed` and `noncoding.data.genome.bed.on_genome`.
    """
    named = {
        key: names for key in (*SPLITS, "ignore") if isinstance(names := getattr(splits, key), list)
    }
    in_files = {
        key: str(split.bed.url)
        for key in SPLITS
        if isinstance(split := getattr(splits, key), SplitRegions)
    }
    # As read, for messages; those of a file may overlap one another.
    given = pd.concat(
        [
            _named_regions(named, genome),
            *(_bed_regions(path, key, genome, chromosome_map) for key, path in in_files.items()),
        ],
        ignore_index=True,
    )
    by_name = given["split"].isin(list(named))
    regions = pd.concat(
        [
            given.loc[by_name, ["chromosome", "start", "end", "split"]],
            *(_merged(own) for _, own in given[~by_name].groupby("split")),
        ],
        ignore_index=True,
    )
    regions = regions.sort_values(["chromosome", "start", "end"], ignore_index=True)
    _refuse_overlaps(regions, given, genome)
    if splits.train is None or splits.by_rows:
        rest = _remainders(regions, genome).assign(split="train")
        regions = pd.concat([regions, rest], ignore_index=True)
        regions = regions.sort_values(["chromosome", "start"], ignore_index=True)
    names = list(genome.lengths)
    lengths = np.array(list(genome.lengths.values()), dtype=np.int64)
    whole = regions["end"] - regions["start"] == lengths[regions["chromosome"]]
    owners = regions[whole].set_index("chromosome")["split"]
    _warn_of_copies({names[number]: split for number, split in owners.items()})
    used = regions[regions["split"].isin(SPLITS)].reset_index(drop=True)
    return used.assign(chromosome=pd.Categorical.from_codes(used["chromosome"], categories=names))


def windows_split(
    regions: pd.DataFrame,
    chromosome: str,
    starts: npt.NDArray[np.int64],
    window: int,
    guard: int = 0,
) -> npt.NDArray[np.int8]:
    """The split of each window of a chromosome.

    The distance of a window and a region is the number of bases between them. Windows that are
    closer than `guard` to a region of another split are left out: those of training close to
    validation or test, and those of validation close to test. The test split does not depend on
    `guard`.

    Parameters
    ----------
    regions : pandas.DataFrame
        Made by `split_regions`.
    chromosome : str
    starts : numpy.ndarray, shape=(n,), dtype=int64
        First position of each window, 0-based; it may be below 0.
    window : int
        Length of a window in bp.
    guard : int
        Least distance in bp.

    Returns
    -------
    numpy.ndarray, shape=(n,), dtype=int8
        Index of the split in `noncoding.layout.SPLITS` of the region that contains the whole
        window, `OUTSIDE` or `GUARDED`.
    """
    codes = regions["chromosome"].cat.codes.to_numpy()
    code = codes.dtype.type(regions["chromosome"].cat.categories.get_loc(chromosome))
    own = slice(*(np.searchsorted(codes, code, side) for side in ("left", "right")))
    start, end = (regions[name].to_numpy(np.int64)[own] for name in ("start", "end"))
    split = np.array([SPLITS.index(name) for name in regions["split"].iloc[own]], dtype=np.int8)
    found = np.full(len(starts), OUTSIDE, dtype=np.int8)
    region = np.searchsorted(start, starts, side="right") - 1
    inside = region >= 0
    inside[inside] = starts[inside] + window <= end[region[inside]]
    found[inside] = split[region[inside]]
    for index in range(len(SPLITS) - 1):
        # Their ends are in ascending order, too: the last region that starts before the end of the
        # widened window overlaps it, or none does.
        higher = split > index
        own_windows = np.flatnonzero(found == index)
        last = np.searchsorted(start[higher], starts[own_windows] + window + guard) - 1
        near = last >= 0
        near[near] = end[higher][last[near]] > starts[own_windows][near] - guard
        found[own_windows[near]] = GUARDED
    return found


def on_one_axis(
    table: pd.DataFrame, genome: Genome, *columns: str
) -> tuple[npt.NDArray[np.int64], ...]:
    """Positions on an axis on which the chromosomes follow each other.

    Parameters
    ----------
    table : pandas.DataFrame
        ``chromosome`` and the positions in `columns`, in bp.
    genome : Genome
    columns : str

    Returns
    -------
    tuple of numpy.ndarray, shape=(n,), dtype=int64
        The positions of each column.
    """
    lengths = np.fromiter(genome.lengths.values(), dtype=np.int64)
    first = np.cumsum(lengths) - lengths
    codes = pd.Categorical(table["chromosome"], categories=list(genome.lengths)).codes
    origin = first[codes]
    return tuple(origin + table[column].to_numpy(dtype=np.int64) for column in columns)


def _named_regions(named: Mapping[str, list[str]], genome: Genome) -> pd.DataFrame:
    """The chromosomes and regions that are named: `_GIVEN`, without a file."""
    owner: dict[str, str] = {}
    itself = set(chain(*named.values()))
    for key, names in named.items():
        matching = chain(*(_matching(name, genome, itself) for name in names))
        for name in dict.fromkeys(matching):
            if name in owner:
                raise InputError(
                    "splits",
                    f"{name} in both '{owner[name]}' and '{key}'",
                    "each chromosome in one split",
                    "Correct the patterns.",
                )
            owner[name] = key
    code = {name: number for number, name in enumerate(genome.lengths)}
    rows = [
        (code[region.chromosome], region.start, region.end, key, name, "")
        for name, key in owner.items()
        for region in [_checked_region(name, key, genome)]
    ]
    return _given(pd.DataFrame(rows, columns=_GIVEN))


def _given(table: pd.DataFrame) -> pd.DataFrame:
    return table[_GIVEN].astype(dict.fromkeys(_GIVEN[:3], "int64"))


def _bed_regions(
    path: str, split: str, genome: Genome, chromosome_map: Mapping[str, str] | None
) -> pd.DataFrame:
    """The regions of a BED file: `_GIVEN`."""
    intervals = read_bed(read_file(path), path)
    if intervals.empty:
        raise InputError(
            path, "no region", f"a BED file with the regions of '{split}'", "Check the file."
        )
    placed = on_genome(intervals, path, genome, chromosome_map, kept=("line",))
    warn_of_placement([placed])
    if placed.matched:
        log.info(
            "chromosome names of %s were matched with those of the FASTA file: %s. If this is "
            "wrong, set chromosome_map",
            path,
            some_of([f"{name} → {own}" for name, own in placed.matched.items()], shown=30),
        )
    own = placed.intervals
    bounds = own["start"].astype(str) + "-" + own["end"].astype(str)
    return _given(
        own.assign(
            chromosome=own["chromosome"].cat.codes,
            split=split,
            name=own["chromosome"].astype(str) + ":" + bounds,
            where=f"{path}, line " + own["line"].astype(str),
        )
    )


def _merged(regions: pd.DataFrame) -> pd.DataFrame:
    """Merge the overlapping and adjacent regions of one split."""
    columns = ("chromosome", "start", "end")
    named = regions.assign(chromosome=regions["chromosome"].astype(str))
    merged = bioframe.merge(named, cols=columns)[[*columns]].astype("int64")
    return merged.assign(split=regions["split"].iloc[0])


def _matching(name: str, genome: Genome, itself: Collection[str]) -> list[str]:
    """The chromosomes that match a pattern, but for those that are named themselves.

    A name that is no pattern, or that matches no chromosome, as it is.
    """
    if name in genome.lengths or not {"*", "?"} & set(name):
        return [name]
    left_out = genome.alternative.union(itself)
    pattern = name.replace("[", "[[]")
    matching = [each for each in genome.lengths if fnmatchcase(each, pattern)]
    return [each for each in matching if each not in left_out] or [name]


def _checked_region(name: str, split: str, genome: Genome) -> Region:
    region = region_of(name, genome.lengths)
    if region is None:
        meant = chromosome_map_for([name], genome.lengths, genome.described).get(name)
        raise InputError(
            genome.fasta,
            f"no chromosome {name!r}, which '{split}' asks for",
            f"one of {some_of(genome.lengths, like=name)}",
            "Write the chromosomes of the splits as the FASTA file names them"
            + (f": {meant!r}." if meant else "."),
        )
    if not 0 <= region.start < region.end <= genome.lengths[region.chromosome]:
        raise InputError(
            f"splits, '{split}'",
            repr(name),
            f"a region within 1-{genome.lengths[region.chromosome]} on {region.chromosome}",
            "Correct it; positions count from 1.",
        )
    return region


def _refuse_overlaps(regions: pd.DataFrame, given: pd.DataFrame, genome: Genome) -> None:
    """Refuse regions that share a base.

    Parameters
    ----------
    regions : pandas.DataFrame
        ``chromosome``, ``start``, ``end`` and ``split``, sorted by chromosome, start and end;
        those of a BED file are disjoint.
    given : pandas.DataFrame
        Those from which they were merged.
    """
    following = regions.shift(-1)
    overlap = (following["chromosome"] == regions["chromosome"]) & (
        following["start"] < regions["end"]
    )
    if not overlap.any():
        return
    first = int(overlap.to_numpy().argmax())
    pair = regions.iloc[[first, first + 1]]
    chromosome, shared = pair["chromosome"].iloc[0], pair["start"].iloc[1]
    here = given[
        (given["chromosome"] == chromosome) & (given["start"] <= shared) & (given["end"] > shared)
    ].sort_values(["start", "end"], kind="stable")
    one = here[here["split"] == pair["split"].iloc[0]].iloc[0]
    other = here[here["split"] == pair["split"].iloc[1]].iloc[-1]
    name, length = list(genome.lengths.items())[chromosome]
    if not one["where"] and not other["where"]:
        raise InputError(
            "splits",
            f"{one['name']} and {other['name']}, which overlap",
            "regions that share no base",
            f"Shorten one of them ({name} of {genome.fasta} has {length} bp).",
        )
    told = [
        f"{region['name']} of '{region['split']}' ({region['where'] or 'named in splits'})"
        for region in (one, other)
    ]
    raise InputError(
        one["where"] or other["where"],
        f"{told[0]} and {told[1]}, which overlap",
        "regions of different splits that share no base",
        "Remove or shorten one of them: a model must not be evaluated on training data.",
    )


def _remainders(regions: pd.DataFrame, genome: Genome) -> pd.DataFrame:
    """The bases that no region names, except chromosomes that are alternatives of others.

    Parameters
    ----------
    regions : pandas.DataFrame
        ``chromosome`` (number), ``start`` and ``end`` of disjoint regions, in ascending order.
    """
    is_named = np.zeros(len(genome.lengths), dtype=bool)
    is_named[regions["chromosome"]] = True
    is_alternative = np.array([name in genome.alternative for name in genome.lengths], dtype=bool)
    if ignored := [
        name for name, left in zip(genome.lengths, is_alternative & ~is_named, strict=True) if left
    ]:
        log.info(
            "%d alternative, unlocalised or decoy sequences are in no split, since they may "
            "repeat chromosomes of another one: %s. To use one, name it in a split",
            len(ignored),
            some_of(ignored),
        )
    used = np.flatnonzero(is_named | ~is_alternative)
    lengths = np.array(list(genome.lengths.values()), dtype=np.int64)[used]
    # Each gap begins at the start of its chromosome or the end of a region.
    number = np.concatenate([used, regions["chromosome"]])
    starts = np.concatenate([np.zeros(len(used), dtype=np.int64), regions["end"]])
    ends = np.concatenate([lengths, regions["start"]])
    rest = pd.DataFrame(
        {
            "chromosome": np.sort(number),
            "start": starts[np.lexsort((starts, number))],
            "end": ends[np.lexsort((ends, number))],
        }
    )
    return rest[rest["start"] < rest["end"]]


def _warn_of_copies(owner: Mapping[str, str]) -> None:
    """Warn of chromosomes that are named after one of another split, as parts and copies are."""
    pairs = [
        f"{name} ('{split}') and {other} ('{owner[other]}')"
        for name, split in owner.items()
        if split != "ignore"
        and (other := named_after(name, owner)) is not None
        and owner[other] not in ("ignore", split)
    ]
    if pairs:
        log.warning(
            "%d chromosomes are named after one of another split, whose sequence they may hold: "
            "%s. If so, put them into 'ignore'",
            len(pairs),
            some_of(pairs, separator="; "),
        )
