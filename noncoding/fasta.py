"""Reading FASTA, one record at a time."""

import gzip
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pysam

from noncoding.errors import InputError

_IUPAC = np.zeros(256, dtype=bool)
_IUPAC[np.frombuffer(b"ACGTNRYSWKMBDHVacgtnryswkmbdhv", dtype=np.uint8)] = True
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Record(NamedTuple):
    """One sequence of a FASTA file.

    Attributes
    ----------
    name : str
        The first word of the header.
    description : str
        What stands behind it.
    sequence : bytes, length=bp
        IUPAC letters in either case.
    """

    name: str
    description: str
    sequence: bytes


def records(fasta: str | os.PathLike[str]) -> Iterator[Record]:
    """Read a FASTA file, holding one sequence in memory.

    Parameters
    ----------
    fasta : path
        Plain, gzip or bgzip.

    Yields
    ------
    Record

    Raises
    ------
    InputError
        The file cannot be read, is not FASTA, holds letters that are not
        DNA, or a header without a name.
    """
    _require_header(Path(fasta))
    count = 0
    try:
        with pysam.FastxFile(os.fspath(fasta)) as entries:
            for entry in entries:
                # Without a word directly behind '>', all of the header is its comment.
                words = f"{entry.name or ''} {entry.comment or ''}".split(None, 1)
                if not words:
                    raise _not_fasta(
                        fasta, f"a header without a name, after {count} sequences", "'>name'"
                    )
                name, description = words[0], words[1] if len(words) > 1 else ""
                count += 1
                sequence = (entry.sequence or "").encode()
                _require_dna(fasta, name, sequence)
                yield Record(name, description, sequence)
    except (OSError, ValueError) as error:
        raise _not_fasta(fasta, f"what cannot be read to its end ({error})") from error


def _require_header(path: Path) -> None:
    """The parser skips whatever stands before the first header, so look first."""
    if not path.is_file():
        raise _not_fasta(path, "no such file")
    try:
        with path.open("rb") as handle:
            zipped = handle.read(2) == b"\x1f\x8b"
        with gzip.open(path) if zipped else path.open("rb") as handle:
            first = handle.read(4).removeprefix(_BYTE_ORDER_MARK)[:1]
    except (OSError, EOFError, zlib.error) as error:
        raise _not_fasta(path, f"what cannot be read ({error})") from error
    if first != b">":
        raise _not_fasta(path, f"{first!r} at the start", "'>' and the name of a sequence")


def _require_dna(fasta: str | os.PathLike[str], name: str, sequence: bytes) -> None:
    raw = np.frombuffer(sequence, dtype=np.uint8)
    known = _IUPAC[raw]
    if not known.all():
        position = int(known.argmin())
        raise _not_fasta(
            f"{fasta}, sequence {name}, base {position + 1}",
            f"the letter {chr(raw[position])!r}",
            "A, C, G, T, N or another IUPAC letter for DNA",
        )


def _not_fasta(
    where: str | os.PathLike[str], found: str, expected: str = "a whole FASTA file"
) -> InputError:
    return InputError(
        where, found, expected, "Give sequences as FASTA: plain, gzip or bgzip, and whole."
    )
