"""Bases of a genome by position."""

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pysam

from noncoding.common.compression import is_compressed
from noncoding.common.errors import InputError
from noncoding.common.files import not_a_file
from noncoding.data.fasta import Record, check_letters, records
from noncoding.data.genome.chromosomes import genome_of, read_genome
from noncoding.data.one_hot import codes

_LONGEST_HEADER = 1 << 16
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
        The file cannot be read or is not FASTA, see `noncoding.data.fasta.records`, or its headers
        are not those of the index.
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
            try:
                descriptions = _descriptions(self.fasta)
            except OSError as error:  # pysam's, which do not tell the cause
                raise _changed(fasta, f"data that cannot be read ({error})") from error
            self.genome = genome_of(fasta, lengths, descriptions)
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
            The file has other contents than its index says, or letters that are not DNA.
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
            raise _changed(
                f"{self.fasta}, {chromosome}:{start + 1}-{end}",
                "other text than the bases that the index says",
            )
        check_letters(found, f"{self.fasta}, {chromosome}:{start + 1}-{end}")
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


def _descriptions(fasta: Path) -> dict[str, str]:
    """The rest of each header, by name, read at the places that the index gives.

    Raises
    ------
    InputError
        Between two sequences of the index there is something else than the header of the second.
    """
    found: dict[str, str] = {}
    end = 0
    index = Path(f"{fasta}.fai").read_text(encoding="utf-8", errors="backslashreplace")
    with _opened_at(fasta) as read:
        for line in index.splitlines():
            name, *numbers = line.split("\t")
            length, offset, bases, width = map(int, numbers[:4])
            text = read(end, min(offset - end, _LONGEST_HEADER)).decode(errors="backslashreplace")
            *empty, header = text.strip().split("\n")  # the index has no sequences without bases
            words = header.split(None, 1)
            if words[:1] != [f">{name}"] or not all(each.startswith(">") for each in empty):
                raise _changed(f"{fasta}, sequence {name}", "other text before it than its header")
            found[name] = words[1] if len(words) > 1 else ""
            last = length - 1
            end = offset + (last // bases * width + last % bases + 1 if length else 0)
        if read(end, _LONGEST_HEADER).strip():
            raise _changed(fasta, "text after the last sequence of the index")
    return found


@contextmanager
def _opened_at(fasta: Path) -> Iterator[Callable[[int, int], bytes]]:
    """A function of a position and a number of bytes, which reads the uncompressed text."""
    if not is_compressed(fasta):
        with fasta.open("rb") as plain:

            def read(start: int, size: int) -> bytes:
                plain.seek(start)
                return plain.read(size)

            yield read
        return
    # Pairs of the compressed and the uncompressed position of each block but the first.
    blocks = np.fromfile(f"{fasta}.gzi", dtype="<u8")[1:].reshape(-1, 2)
    blocks = np.concatenate([np.zeros((1, 2), blocks.dtype), blocks]).astype(np.int64)
    with pysam.BGZFile(str(fasta), "r", None) as compressed:

        def read_compressed(start: int, size: int) -> bytes:
            place, before = blocks[blocks[:, 1].searchsorted(start, side="right") - 1].tolist()
            compressed.seek(place << 16 | start - before)
            return bytes(compressed.read(size))

        yield read_compressed


def _changed(where: str | os.PathLike[str], found: str) -> InputError:
    return InputError(
        where,
        found,
        "a FASTA file that was not changed since it was indexed, with each name once",
        _AGAIN,
    )


def _open_indexed(fasta: Path) -> pysam.FastaFile | None:
    """The file with its index; None if it has none, or one that is older than the file."""
    indices = [Path(f"{fasta}.fai")]
    if not_a_file(fasta):
        return None
    if is_compressed(fasta):
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
