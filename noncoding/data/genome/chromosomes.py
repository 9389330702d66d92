"""The genome: its chromosomes, which of them are alternatives of others, and their splits."""

import logging
import os
from collections.abc import Collection, Mapping
from typing import NamedTuple

from noncoding.common.errors import InputError, some_of
from noncoding.data.fasta import records
from noncoding.data.genome.chromosome_names import is_alternative, named_after

log = logging.getLogger(__name__)


class Genome(NamedTuple):
    """What a FASTA file of a genome holds, without the sequences.

    Attributes
    ----------
    fasta : path
    lengths : dict
        Chromosome → length in bp, in the order of the file.
    alternative : frozenset of str
        Those that repeat or belong to another chromosome, and decoys, by name and description.
    """

    fasta: str | os.PathLike[str]
    lengths: dict[str, int]
    alternative: frozenset[str]


def read_genome(fasta: str | os.PathLike[str]) -> Genome:
    """Read which chromosomes a FASTA file holds.

    Raises
    ------
    InputError
        As `noncoding.data.fasta.records` does, and where a name stands twice.
    """
    lengths, alternative = {}, set()
    for name, description, sequence in records(fasta):
        if name in lengths:
            raise InputError(
                fasta,
                f"the chromosome {name} twice",
                "each name once",
                "Give the genome as one FASTA file of whole chromosomes.",
            )
        lengths[name] = len(sequence)
        if is_alternative(name, description):
            alternative.add(name)
    return Genome(fasta, lengths, frozenset(alternative))


def assign_splits(
    genome: Genome,
    splits: Mapping[str, Collection[str] | None],
    ignore: Collection[str] = (),
) -> dict[str, str]:
    """Say which split each chromosome belongs to.

    Parameters
    ----------
    genome : Genome
    splits : mapping
        Split → chromosomes, or None for all that no other split names. These do not include
        the alternatives of other chromosomes, whose sequence another split may hold.
    ignore : collection of str
        Chromosomes that None does not take, such as the mitochondrion's.

    Returns
    -------
    dict
        Chromosome → split; what belongs to none is absent.

    Raises
    ------
    InputError
        A chromosome is not in the FASTA file or is claimed twice, or more
        than one split asks for the rest.
    """
    claims = [("ignore", name) for name in ignore]
    claims += [(split, name) for split, names in splits.items() for name in names or ()]
    owner: dict[str, str] = {}
    for split, name in claims:
        if name not in genome.lengths:
            raise InputError(
                genome.fasta,
                f"no chromosome {name!r}, which '{split}' asks for",
                f"one of {some_of(genome.lengths, like=name)}",
                "Write the chromosomes of the splits as the FASTA file names them.",
            )
        if owner.setdefault(name, split) != split:
            raise InputError(
                f"splits, chromosome {name}",
                f"it in both '{owner[name]}' and '{split}'",
                "each chromosome in one split",
                "Take the chromosome out of one of them.",
            )
    rest = [split for split, names in splits.items() if names is None]
    if len(rest) > 1:
        raise InputError(
            "splits",
            f"no chromosomes named for {' and '.join(rest)}",
            "at most one split that takes the rest",
            "Name the chromosomes of all splits but one.",
        )
    if rest:
        _take_rest(genome, owner, rest[0])
    _warn_of_copies(owner)
    return {name: owner[name] for name in genome.lengths if owner.get(name) in splits}


def _take_rest(genome: Genome, owner: dict[str, str], split: str) -> None:
    left = [name for name in genome.lengths if name not in owner]
    ignored = [name for name in left if name in genome.alternative]
    if ignored:
        log.info(
            "%d alternative, unlocalised or decoy sequences are in no split, since they may repeat "
            "chromosomes of another one: %s. To use one, name it in a split",
            len(ignored),
            some_of(ignored),
        )
    owner.update({name: split for name in left if name not in genome.alternative})


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
