"""The chromosomes of a genome, alternatives among them, and parts of chromosomes."""

import os
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from noncoding.common.errors import InputError
from noncoding.data.fasta import records
from noncoding.data.genome.chromosome_names import (
    described_chromosome,
    is_alternative,
    is_organelle,
)

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
    lengths, descriptions = {}, {}
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
        descriptions[name] = description
    return genome_of(fasta, lengths, descriptions)


def genome_of(
    fasta: str | os.PathLike[str], lengths: dict[str, int], descriptions: Mapping[str, str]
) -> Genome:
    """The genome with given lengths and descriptions (the rest of the header) by name."""
    alternative = {name for name in lengths if is_alternative(name, descriptions[name])}
    organelles = {name for name in lengths if is_organelle(name, descriptions[name])}
    described = {name: described_chromosome(descriptions[name]) for name in lengths}
    named = {
        name: chromosome
        for name, chromosome in described.items()
        if chromosome and name not in alternative
    }
    return Genome(fasta, lengths, frozenset(alternative), frozenset(organelles), named)


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
