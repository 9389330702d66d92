"""The sequences of the alleles of a variant."""

from collections.abc import Iterable
from itertools import cycle
from typing import NamedTuple

from noncoding.data.genome.sequences import Sequences

_FARTHEST = 1000
"""Bases on each side of an insertion or deletion that are searched for the ends of its repeat."""


class Allele(NamedTuple):
    """Bases that stand at a place of a genome, in the place of those of the reference.

    Attributes
    ----------
    chromosome : str
    start, end : int
        The interval of the reference that the bases replace, 0-based, half-open; empty for an
        insertion.
    bases : bytes
        Upper-case letters; empty for a deletion.
    """

    chromosome: str
    start: int
    end: int
    bases: bytes


class StrandWindows(NamedTuple):
    """The window of each strand around an allele, both as letters of the forward strand."""

    forward: bytes
    reverse: bytes


def trimmed(start: int, ref: bytes, alt: bytes) -> tuple[int, bytes, bytes]:
    """A variant without the bases that both alleles share, first at their ends, then starts.

    Either allele may become empty.

    Examples
    --------
    >>> trimmed(10, b"CAT", b"CT")
    (11, b'A', b'')
    """
    shared = 0
    while shared < min(len(ref), len(alt)) and ref[-1 - shared] == alt[-1 - shared]:
        shared += 1
    ref, alt = ref[: len(ref) - shared], alt[: len(alt) - shared]
    shared = 0
    while shared < min(len(ref), len(alt)) and ref[shared] == alt[shared]:
        shared += 1
    return start + shared, ref[shared:], alt[shared:]


def with_repeat(sequences: Sequences, ref: Allele, alt: Allele) -> tuple[Allele, Allele]:
    """The trimmed alleles of an insertion or deletion, extended over the repeat that it is in.

    In a repeat, a file may write the same change at several places: left-aligned as most VCF files
    do, right-aligned as HGVS does, or between. The extended alleles contain all of these places, so
    that their sequences and their centre do not depend on the place, nor on the strand. They are
    those of the Variant Overprecision Correction Algorithm of SPDI (Holmes et al. 2020,
    https://doi.org/10.1093/bioinformatics/btz856), over at most 1,000 bp on each side. Other
    alleles are returned as they are.

    Examples
    --------
    In the genome TCAAAG, the deletion of an A: the alleles are AAA and AA, wherever it is written.
    """
    if bool(ref.bases) == bool(alt.bases):
        return ref, alt
    chromosome, start, end, _ = ref
    unit = ref.bases or alt.bases
    last = sequences.genome.lengths[chromosome]
    left = sequences.letters(chromosome, max(start - _FARTHEST, 0), start)
    right = sequences.letters(chromosome, end, min(end + _FARTHEST, last))
    before, after = _repeated(left[::-1], unit[::-1]), _repeated(right, unit)

    def extended(bases: bytes) -> Allele:
        bases = left[len(left) - before :] + bases + right[:after]
        return Allele(chromosome, start - before, end + after, bases)

    return extended(ref.bases), extended(alt.bases)


def _repeated(sequence: bytes, unit: bytes) -> int:
    """Number of bases at the start of a sequence that repeat a unit."""
    pairs = enumerate(zip(sequence, cycle(unit)))
    return next((count for count, (base, own) in pairs if base != own), len(sequence))


def windows(sequences: Sequences, allele: Allele, length: int, offset: int = 0) -> StrandWindows:
    """The sequences of exactly `length` bp that a model sees of an allele.

    On each strand, the allele of ``n`` bp is preceded by ``(length - n) // 2`` bases, rounded
    down, so that it is at the centre; what an indel frees or takes is taken from or given to the
    flanks, and nothing is padded but beyond the ends of a chromosome. The rule is the same on both
    strands: where ``length - n`` is odd, the window of the reverse strand therefore starts one base
    before that of the forward strand. The reverse complement of a genome and its variants has the
    same windows, with the strands exchanged.

    Parameters
    ----------
    sequences : Sequences
    allele : Allele
        Of an allele that is longer than `length`, which only a repeat can be, see `with_repeat`,
        the windows are within it.
    length : int
    offset : int
        Position of the allele relative to the centre of the window in bp, positive to the right
        on the forward strand; as far as the allele stays within the window.
    """
    sides = _sides(allele, length, offset)
    before = max(*sides, 0)
    after = max(length - len(allele.bases) - min(sides), 0)
    left = sequences.letters(allele.chromosome, allele.start - before, allele.start)
    right = sequences.letters(allele.chromosome, allele.end, allele.end + after)
    text = left + allele.bases + right
    return StrandWindows(*(text[before - side : before - side + length] for side in sides))


def is_padded(
    sequences: Sequences, allele: Allele, length: int, offsets: Iterable[int] = (0,)
) -> bool:
    """Whether windows of an allele, at any of some offsets, extend beyond its chromosome."""
    last = sequences.genome.lengths[allele.chromosome]
    flanks = length - len(allele.bases)
    return any(
        allele.start < side or allele.end + flanks - side > last
        for offset in offsets
        for side in _sides(allele, length, offset)
    )


def _sides(allele: Allele, length: int, offset: int) -> tuple[int, int]:
    """Bases before the allele in the window of each strand, on the forward strand.

    Below 0, bases of the allele before the window.
    """
    flanks = length - len(allele.bases)
    below, above = (
        min(max(side + offset, min(flanks, 0)), max(flanks, 0))
        for side in (flanks // 2, flanks - flanks // 2)
    )
    return below, above
