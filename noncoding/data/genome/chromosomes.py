"""The chromosomes of a genome, alternatives among them, and the split of each."""

import logging
import os
from collections.abc import Mapping
from typing import NamedTuple

from noncoding.common.errors import InputError, some_of
from noncoding.data.fasta import records
from noncoding.data.genome.chromosome_names import is_alternative, named_after
from noncoding.layout import SPLITS
from noncoding.settings.datasets import Splits

log = logging.getLogger(__name__)


class Genome(NamedTuple):
    """The chromosomes of a FASTA file: their lengths in bp, in the order of the file.

    `alternative` are alternatives and parts of other chromosomes, and decoys.
    """

    fasta: str | os.PathLike[str]
    lengths: dict[str, int]
    alternative: frozenset[str]


def read_genome(fasta: str | os.PathLike[str]) -> Genome:
    """Read the names and lengths of the chromosomes of a FASTA file; refuse duplicate names."""
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


def assign_splits(genome: Genome, splits: Splits) -> dict[str, str]:
    """Assign chromosomes to splits.

    The split whose chromosomes are None gets all that are not named, except alternatives of other
    chromosomes, whose sequence another split may contain.

    Returns
    -------
    dict
        Chromosome → split, for each chromosome that is in a split.

    Raises
    ------
    InputError
        A named chromosome is not in the FASTA file.
    """
    named = {key: getattr(splits, key) for key in (*SPLITS, "ignore")}
    owner = {name: key for key, names in named.items() for name in names or ()}
    for name, key in owner.items():
        if name not in genome.lengths:
            raise InputError(
                genome.fasta,
                f"no chromosome {name!r}, which '{key}' asks for",
                f"one of {some_of(genome.lengths, like=name)}",
                "Write the chromosomes of the splits as the FASTA file names them.",
            )
    rest = [split for split in SPLITS if named[split] is None]
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
    return {name: owner[name] for name in genome.lengths if owner.get(name) in SPLITS}


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
