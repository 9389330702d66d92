"""Bases of a genome by position."""

import os
from collections.abc import Collection
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pysam

from noncoding.common.compression import OPENERS
from noncoding.common.errors import InputError
from noncoding.data.fasta import records
from noncoding.data.genome.chromosome_names import is_alternative, is_organelle
from noncoding.data.genome.chromosomes import Genome, read_genome
from noncoding.data.one_hot import ALPHABET, codes

_AGAIN = "Make the index again with `samtools faidx`, or delete it."


class Sequences:
    """The chromosomes of a FASTA file, opened for reading at any position.

    With an index (``.fai``; for bgzip also ``.gzi``) that is not older than the file, sequences
    are read from the disk where they are needed. Without one, no index is written: chromosomes are
    read once and kept in memory, at 1 byte per base.

    Parameters
    ----------
    fasta : path
        Plain, or compressed with gzip, bgzip, bzip2 or xz.
    chromosomes : collection of str, optional
        Those that are needed; all by default. Others are not kept in memory.

    Attributes
    ----------
    genome : Genome
        Names and lengths of all chromosomes.

    Raises
    ------
    InputError
        The file cannot be read or is not FASTA, see `noncoding.data.fasta.records`.
    """

    def __init__(
        self, fasta: str | os.PathLike[str], chromosomes: Collection[str] | None = None
    ) -> None:
        self.fasta = Path(fasta)
        self._indexed = _open_indexed(self.fasta)
        self._kept: dict[str, bytes] = {}
        if self._indexed:
            lengths = dict(zip(self._indexed.references, self._indexed.lengths, strict=True))
            self.genome = Genome(
                fasta,
                lengths,
                frozenset(filter(is_alternative, lengths)),
                frozenset(filter(is_organelle, lengths)),
            )
            return
        self.genome = read_genome(fasta)
        if chromosomes is None or chromosomes:
            self._kept = {
                name: sequence
                for name, _, sequence in records(fasta)
                if chromosomes is None or name in chromosomes
            }

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
            return self._kept[chromosome][start:end]
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


def _open_indexed(fasta: Path) -> pysam.FastaFile | None:
    """The file with its index; None if it has none, or one that is older than the file."""
    indices = [Path(f"{fasta}.fai")]
    if not fasta.is_file():
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


UNKNOWN = len(ALPHABET)
"""Base code of letters other than A, C, G and T."""
