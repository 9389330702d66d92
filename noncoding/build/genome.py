"""The genome: chromosomes of a FASTA file, one at a time, and their splits."""

import gzip
import os
import zlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import numpy as np
import pysam

from noncoding.errors import InputError

_IUPAC = np.zeros(256, dtype=bool)
_IUPAC[np.frombuffer(b"ACGTNRYSWKMBDHVacgtnryswkmbdhv", dtype=np.uint8)] = True


def chromosomes(fasta: str | os.PathLike[str]) -> Iterator[tuple[str, bytes]]:
    """Read a FASTA file, holding one chromosome in memory.

    Parameters
    ----------
    fasta : path
        Plain, gzip or bgzip.

    Yields
    ------
    name : str
        The first word of the header.
    sequence : bytes, length=chromosome length in bp
        IUPAC letters in either case.

    Raises
    ------
    InputError
        The file cannot be read, is not FASTA, holds letters that are not
        DNA, or names a chromosome twice.
    """
    _require_header(Path(fasta))
    seen: set[str] = set()
    try:
        with pysam.FastxFile(os.fspath(fasta)) as entries:
            for entry in entries:
                name, sequence = str(entry.name), (entry.sequence or "").encode()
                if name in seen:
                    raise _not_fasta(fasta, f"the chromosome {name} twice", "each name once")
                seen.add(name)
                _require_dna(fasta, name, sequence)
                yield name, sequence
    except (OSError, ValueError) as error:
        raise _not_fasta(fasta, f"what cannot be read to its end ({error})") from error


def chromosome_lengths(fasta: str | os.PathLike[str]) -> dict[str, int]:
    """Length in bp of every chromosome, in the order of the file.

    Raises
    ------
    InputError
        As `chromosomes` does.
    """
    return {name: len(sequence) for name, sequence in chromosomes(fasta)}


def assign_splits(
    splits: Mapping[str, Collection[str] | None],
    ignore: Collection[str],
    lengths: Mapping[str, int],
    fasta: str | os.PathLike[str],
) -> dict[str, str]:
    """Say which split each chromosome belongs to.

    Parameters
    ----------
    splits : mapping
        Split → chromosomes, or None for all that no other split names.
    ignore : collection of str
        Chromosomes that None does not take, such as the mitochondrion's.
    lengths : mapping
        As made by `chromosome_lengths`.
    fasta : path
        For the errors only.

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
        if name not in lengths:
            raise InputError(
                fasta,
                f"no chromosome {name!r}, which '{split}' asks for",
                f"one of {', '.join(lengths)}",
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
    for name in lengths if rest else ():
        owner.setdefault(name, rest[0])
    return {name: owner[name] for name in lengths if owner.get(name) in splits}


def _require_header(path: Path) -> None:
    """The parser skips whatever stands before the first header, so look first."""
    if not path.is_file():
        raise _not_fasta(path, "no such file")
    try:
        with path.open("rb") as handle:
            zipped = handle.read(2) == b"\x1f\x8b"
        with gzip.open(path) if zipped else path.open("rb") as handle:
            first = handle.read(1)
    except (OSError, EOFError, zlib.error) as error:
        raise _not_fasta(path, f"what cannot be read ({error})") from error
    if first != b">":
        raise _not_fasta(path, f"{first!r} at the start", "'>' and the name of a chromosome")


def _require_dna(fasta: str | os.PathLike[str], name: str, sequence: bytes) -> None:
    raw = np.frombuffer(sequence, dtype=np.uint8)
    known = _IUPAC[raw]
    if not known.all():
        position = int(known.argmin())
        raise _not_fasta(
            f"{fasta}, chromosome {name}, base {position + 1}",
            f"the letter {chr(raw[position])!r}",
            "A, C, G, T, N or another IUPAC letter for DNA",
        )


def _not_fasta(
    where: str | os.PathLike[str], found: str, expected: str = "a FASTA file of whole chromosomes"
) -> InputError:
    return InputError(
        where, found, expected, "Give the genome as FASTA: plain, gzip or bgzip, and whole."
    )
