"""Bases of a genome by position."""

import os
from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pysam

from noncoding.common.compression import OPENERS
from noncoding.common.errors import InputError
from noncoding.common.files import not_a_file
from noncoding.data.fasta import Record, records
from noncoding.data.genome.chromosome_names import is_alternative, is_organelle
from noncoding.data.genome.chromosomes import Genome, read_genome
from noncoding.data.one_hot import codes

_AGAIN = "Make the index again with `samtools faidx`, or delete it."


class Sequences:
    """The chromosomes of a FASTA file, opened for reading at any position.

    With an index (``.fai``; for bgzip also ``.gzi``) that is not older than the file, sequences
    are read from the disk where they are needed. Without one, no index is written: chromosomes are
    read when they are needed and kept in memory, at 1 byte per base; all, unless `expect` names
    those that are needed.

    Parameters
    ----------
    fasta : path
        Plain, or compressed with gzip, bgzip, bzip2 or xz.

    Attributes
    ----------
    genome : Genome
        Names and lengths of all chromosomes.

    Raises
    ------
    InputError
        The file cannot be read or is not FASTA, see `noncoding.data.fasta.records`.
    """

    def __init__(self, fasta: str | os.PathLike[str]) -> None:
        self.fasta = Path(fasta)
        self._indexed = _open_indexed(self.fasta)
        self._kept: dict[str, bytes] = {}
        self._following: Iterator[Record] = iter(())
        self._needed: Collection[str] | None = None  # all
        self._one_at_a_time = False
        if self._indexed:
            lengths = dict(zip(self._indexed.references, self._indexed.lengths, strict=True))
            self.genome = Genome(
                fasta,
                lengths,
                frozenset(filter(is_alternative, lengths)),
                frozenset(filter(is_organelle, lengths)),
            )
        else:
            self.genome = read_genome(fasta)

    def expect(self, chromosomes: Iterable[str], *, once: bool = True) -> None:
        """Name the chromosomes that will be read, in the order in which they will be.

        Without an index, only these are kept in memory; one at a time, if they are read `once` and
        the order is that of the file.
        """
        number = {name: place for place, name in enumerate(self.genome.lengths)}
        order = [number[name] for name in chromosomes]
        self._one_at_a_time = once and all(one <= other for one, other in pairwise(order))
        names = [*number]
        self._needed = () if self._one_at_a_time else {names[place] for place in order}

    def letters(self, chromosome: str, start: int, end: int) -> bytes:
        """Upper-case letters of an interval, 0-based, half-open; N beyond the chromosome.

        Raises
        ------
        InputError
            The file has other contents than its index says.
        """
        length = self.genome.lengths[chromosome]
        first, last = min(max(start, 0), length), max(min(end, length), 0)
        inside = b""
        if first < last:
            inside = self._read(chromosome, first, last).upper()
        before = min(max(-start, 0), end - start)
        return b"N" * before + inside + b"N" * (end - start - before - len(inside))

    def codes(self, chromosome: str, start: int, end: int) -> npt.NDArray[np.uint8]:
        """Base codes of an interval, shape=(end - start,), see `noncoding.data.one_hot.codes`."""
        return codes(self.letters(chromosome, start, end))

    def _read(self, chromosome: str, start: int, end: int) -> bytes:
        if not self._indexed:
            return self._loaded(chromosome)[start:end]
        try:
            found = self._indexed.fetch(chromosome, start, end).encode()
        except (OSError, ValueError) as error:
            found = str(error).encode()
        if len(found) != end - start or not found.isalpha():
            raise InputError(
                f"{self.fasta}, {chromosome}:{start + 1}-{end}",
                "other text than the bases that the index says",
                "a FASTA file that was not changed since it was indexed",
                _AGAIN,
            )
        return found

    def _loaded(self, chromosome: str) -> bytes:
        """A whole chromosome of a file without an index, from memory or from the file."""
        if chromosome in self._kept:
            return self._kept[chromosome]
        if self._one_at_a_time:
            self._kept.clear()
        for _ in range(2):  # what follows in the file, then from its start
            for name, _, sequence in self._following:
                if name == chromosome or self._needed is None or name in self._needed:
                    self._kept[name] = sequence
                if name == chromosome:
                    return sequence
            self._following = records(self.fasta)
        raise InputError(
            self.fasta,
            f"no sequence {chromosome} any more",
            "a file that is not changed while it is read",
            "Run the same command again.",
        )


def _open_indexed(fasta: Path) -> pysam.FastaFile | None:
    """The file with its index; None if it has none, or one that is older than the file."""
    indices = [Path(f"{fasta}.fai")]
    if not_a_file(fasta):
        return None
    with fasta.open("rb") as handle:
        start = handle.read(max(map(len, OPENERS)))
    if any(start.startswith(magic) for magic in OPENERS):
        indices.append(Path(f"{fasta}.gzi"))
    made = fasta.stat().st_mtime
    if not all(index.is_file() and index.stat().st_mtime >= made for index in indices):
        return None
    try:
        return pysam.FastaFile(str(fasta))
    except (OSError, ValueError) as error:
        raise InputError(
            indices[0], f"an index that cannot be read ({error})", "that of the file", _AGAIN
        ) from error
