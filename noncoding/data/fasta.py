"""Read FASTA, one record at a time."""

import os
from collections.abc import Iterator
from typing import IO, NamedTuple

import numpy as np

from noncoding.common.compression import ERRORS, opened
from noncoding.common.errors import InputError
from noncoding.common.files import correct_path, not_a_file

_IUPAC = np.zeros(256, dtype=bool)
_IUPAC[np.frombuffer(b"ACGTNRYSWKMBDHVacgtnryswkmbdhv", dtype=np.uint8)] = True
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WHITE_SPACE = b" \t\n\v\f"
_BLOCK = 1 << 24
"""Bytes read at a time."""


class Record(NamedTuple):
    """One sequence of a FASTA file."""

    name: str  # the first word of the header
    description: str  # the rest of the header
    sequence: bytes  # IUPAC letters in either case


def records(fasta: str | os.PathLike[str]) -> Iterator[Record]:
    """Read a FASTA file, with one sequence in memory.

    The file is plain, or compressed with gzip, bgzip, bzip2 or xz; lines end as on any system.
    pysam is not used: it silently ends a sequence at a byte 0, which damaged files contain.

    Raises
    ------
    InputError
        The file cannot be read, is not FASTA, or contains letters that are not DNA or a header
        without a name.
    """
    if found := not_a_file(fasta):
        raise InputError(fasta, found, "a FASTA file", correct_path(fasta))
    parts: list[bytes] = []
    count = -1  # number of sequences; text before the first header is not one
    try:
        with opened(fasta) as stream:
            for piece, ends in _pieces(stream):
                if count < 0 and (start := piece.strip()[:1]):
                    shown = repr(start.decode(errors="backslashreplace"))
                    raise _not_fasta(fasta, f"{shown} at the start", "'>' and a name")
                parts.append(piece)
                if not ends:
                    continue
                if count >= 0:
                    yield _record(fasta, b"".join(parts))
                count += 1
                parts = []
    except ERRORS as error:
        raise _not_fasta(fasta, f"a file that cannot be read to its end ({error})") from error
    if not count:
        raise _not_fasta(fasta, "no sequence", "'>' and a name, and the bases below")


def _pieces(stream: IO[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Text between ``>`` at the start of lines, in pieces, and whether a piece is its last."""
    rest = b"\n"
    start = stream.read(len(_BYTE_ORDER_MARK))
    block = start.removeprefix(_BYTE_ORDER_MARK) + stream.read(_BLOCK)
    while block:
        *ended, rest = (rest + block.replace(b"\r", b"\n")).split(b"\n>")
        for piece in ended:
            yield piece, True
        yield rest[:-1], False
        rest = rest[-1:]  # It may end a line, with the '>' in the next block.
        block = stream.read(_BLOCK)
    yield rest, True


def _record(fasta: str | os.PathLike[str], content: bytes) -> Record:
    header, _, lines = content.partition(b"\n")
    words = header.decode(errors="backslashreplace").split(None, 1)
    if not words:
        raise _not_fasta(fasta, "a header without a name", "'>' and a name")
    sequence = lines.translate(None, _WHITE_SPACE)
    check_letters(sequence, f"{fasta}, sequence {words[0]}")
    return Record(words[0], words[1].rstrip() if len(words) > 1 else "", sequence)


def check_letters(sequence: bytes, where: str) -> None:
    """Refuse letters that are not IUPAC's for DNA, in either case.

    `where` is the origin of the sequence, for the `InputError`.
    """
    raw = np.frombuffer(sequence, dtype=np.uint8)
    known = _IUPAC[raw]
    if not known.all():
        position = int(known.argmin())
        raise InputError(
            f"{where}, base {position + 1}",
            f"the letter {chr(raw[position])!r}",
            "A, C, G, T, N or another IUPAC letter for DNA",
            "Give the sequence of DNA, with T in place of U.",
        )


def _not_fasta(
    where: str | os.PathLike[str], found: str, expected: str = "a whole FASTA file"
) -> InputError:
    return InputError(
        where,
        found,
        expected,
        "Give sequences as FASTA: whole, and plain or compressed with gzip, bzip2 or xz.",
    )
