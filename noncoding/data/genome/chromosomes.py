"""The chromosomes of a genome, alternatives among them, and the split of each."""

import logging
import os
from collections.abc import Collection, Mapping
from typing import NamedTuple

from noncoding.common.errors import InputError, some_of
from noncoding.data.fasta import records
from noncoding.data.genome.chromosome_names import is_alternative, named_after

log = logging.getLogger(__name__)


class Genome(NamedTuple):
    """The chromosomes of a FASTA file, without their sequences.

    Attributes
    ----------
    fasta : path
    lengths : dict
        Chromosome → length in bp, in the order of the file.
    alternative : frozenset of str
        Alternatives and parts of other chromosomes, and decoys, by name and description.
    """

    fasta: str | os.PathLike[str]
    lengths: dict[str, int]
    alternative: frozenset[str]


def read_genome(fasta: str | os.PathLike[str]) -> Genome:
    """Read the names and lengths of the chromosomes of a FASTA file.

    Raises
    ------
    InputError
        As `noncoding.data.fasta.records`, and for a name that occurs twice.
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
    """Assign chromosomes to splits.

    Parameters
    ----------
    genome : Genome
    splits : mapping
        Split → chromosomes, or None for all that are in no other split, except alternatives of
        other chromosomes, whose sequence another split may contain.
    ignore : collection of str
        Chromosomes that None does not include, such as the mitochondrial one.

    Returns
    -------
    dict
        Chromosome → split, for each chromosome that is in a split.

    Raises
    ------
    InputError
        A chromosome is not in the FASTA file or is named twice, or more than one split is None.
    """
    named = [("ignore", name) for name in ignore]
    named += [(split, name) for split, names in splits.items() for name in names or ()]
    owner: dict[str, str] = {}
    for split, name in named:
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
                "Remove the chromosome from one of them.",
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
        left = [name for name in genome.lengths if name not in owner]
        ignored = [name for name in left if name in genome.alternative]
        if ignored:
            log.info(
                "%d alternative, unlocalised or decoy sequences are in no split, since they may "
                "repeat chromosomes of another one: %s. To use one, name it in a split",
                len(ignored),
                some_of(ignored),
            )
        owner.update({name: rest[0] for name in left if name not in genome.alternative})
    _warn_of_copies(owner)
    return {name: owner[name] for name in genome.lengths if owner.get(name) in splits}


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
