"""The chromosomes of a genome, alternatives among them, and the split of each."""

import logging
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from itertools import chain, groupby, pairwise
from types import MappingProxyType
from typing import NamedTuple

from noncoding.common.errors import InputError, some_of
from noncoding.data.fasta import records
from noncoding.data.genome.chromosome_names import (
    chromosome_map_for,
    described_chromosome,
    is_alternative,
    is_organelle,
    named_after,
)
from noncoding.layout import SPLITS
from noncoding.settings.genome import Splits

log = logging.getLogger(__name__)


_REGION = re.compile(r"(?P<chromosome>.+):(?P<first>\d[\d,]*)-(?P<last>\d[\d,]*)")


class Region(NamedTuple):
    """A chromosome or a part of it, in bp, 0-based, half-open."""

    chromosome: str
    start: int
    end: int


class Genome(NamedTuple):
    """The chromosomes of a FASTA file: their lengths in bp, in the order of the file.

    `alternative` are alternatives and parts of other chromosomes, and decoys; `organelles` are
    mitochondrial and plastid genomes; `described` maps other chromosomes to the names that their
    descriptions give them.
    """

    fasta: str | os.PathLike[str]
    lengths: dict[str, int]
    alternative: frozenset[str] = frozenset()
    organelles: frozenset[str] = frozenset()
    described: Mapping[str, str] = MappingProxyType({})


def read_genome(fasta: str | os.PathLike[str], each: Callable[[bytes], object] = len) -> Genome:
    """Read the names and lengths of the chromosomes of a FASTA file; refuse duplicate names.

    `each` is called with the letters of each chromosome.
    """
    lengths, alternative, organelles, described = {}, set(), set(), {}
    for name, description, sequence in records(fasta):
        if name in lengths:
            raise InputError(
                fasta,
                f"the chromosome {name} twice",
                "each name once",
                "Give each sequence its own name, and a genome as one file of whole chromosomes.",
            )
        lengths[name] = len(sequence)
        each(sequence)
        if is_alternative(name, description):
            alternative.add(name)
        elif chromosome := described_chromosome(description):
            described[name] = chromosome
        if is_organelle(name, description):
            organelles.add(name)
    return Genome(fasta, lengths, frozenset(alternative), frozenset(organelles), described)


def region_of(name: str, lengths: Mapping[str, int]) -> Region | None:
    """The region that a split names: a chromosome, or ``chromosome:first-last`` (1-based).

    None if there is no such chromosome.
    """
    if name in lengths:
        return Region(name, 0, lengths[name])
    found = _REGION.fullmatch(name)
    if not found or found["chromosome"] not in lengths:
        return None
    first, last = (int(found[key].replace(",", "")) for key in ("first", "last"))
    return Region(found["chromosome"], first - 1, last)


def assign_splits(genome: Genome, splits: Splits) -> dict[str, str]:
    """Assign chromosomes, or regions of them, to splits.

    A name with ``*`` or ``?`` is a pattern of chromosomes, except alternatives of others and
    chromosomes that are named themselves.

    The split whose chromosomes are None gets all bases that are not named, except alternatives of
    other chromosomes, whose sequence another split may contain.

    Returns
    -------
    dict
        Chromosome or region → split, for each that is in a split, in the order of the genome; see
        `region_of`. They do not overlap.

    Raises
    ------
    InputError
        A named chromosome is not in the FASTA file or in two splits, or a region is not on its
        chromosome or overlaps another one.
    """
    named = {key: getattr(splits, key) for key in (*SPLITS, "ignore")}
    owner: dict[str, str] = {}
    itself = set(chain(*(names or () for names in named.values())))
    for key, names in named.items():
        matching = chain(*(_matching(name, genome, itself) for name in names or ()))
        for name in dict.fromkeys(matching):
            if name in owner:
                raise InputError(
                    "splits",
                    f"{name} in both '{owner[name]}' and '{key}'",
                    "each chromosome in one split",
                    "Correct the patterns.",
                )
            owner[name] = key
    regions = {name: _checked_region(name, key, genome) for name, key in owner.items()}
    _refuse_overlaps(regions, genome)
    rest = [split for split in SPLITS if named[split] is None]
    if rest:
        taken = {region.chromosome for region in regions.values()}
        left = [name for name in genome.lengths if name not in taken]
        ignored = [name for name in left if name in genome.alternative]
        if ignored:
            log.info(
                "%d alternative, unlocalised or decoy sequences are in no split, since they may "
                "repeat chromosomes of another one: %s. To use one, name it in a split",
                len(ignored),
                some_of(ignored),
            )
        owner.update({name: rest[0] for name in left if name not in genome.alternative})
        owner.update(dict.fromkeys(_remainders(regions.values(), genome.lengths), rest[0]))
    _warn_of_copies({name: split for name, split in owner.items() if name in genome.lengths})
    position = {name: number for number, name in enumerate(genome.lengths)}

    def place(name: str) -> tuple[int, int]:
        region = regions.get(name) or _checked_region(name, owner[name], genome)
        return position[region.chromosome], region.start

    return {name: owner[name] for name in sorted(owner, key=place) if owner[name] in SPLITS}


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


def _refuse_overlaps(regions: Mapping[str, Region], genome: Genome) -> None:
    ordered = sorted(regions, key=regions.__getitem__)
    for name, other in pairwise(ordered):
        if (
            regions[name].chromosome == regions[other].chromosome
            and regions[other].start < regions[name].end
        ):
            raise InputError(
                "splits",
                f"{name} and {other}, which overlap",
                "regions that share no base",
                f"Shorten one of them ({regions[name].chromosome} of {genome.fasta} has "
                f"{genome.lengths[regions[name].chromosome]} bp).",
            )


def _remainders(regions: Iterable[Region], lengths: Mapping[str, int]) -> Iterator[str]:
    """The rest of each chromosome of which only regions are named; `regions` do not overlap."""
    for chromosome, group in groupby(sorted(regions), key=lambda region: region.chromosome):
        own = list(group)
        ends = [0, *(region.end for region in own)]
        starts = [*(region.start for region in own), lengths[chromosome]]
        for start, end in zip(ends, starts, strict=True):
            if start < end:
                yield f"{chromosome}:{start + 1}-{end}"


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
