"""The sequences of the alleles of a variant."""

from typing import NamedTuple

from noncoding.data.genome.sequences import Sequences


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

    Either allele may become empty. The same change has then the same sequences in whatever form
    a file writes it, such as ``CA → C`` and ``A →`` (nothing).

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


def windows(sequences: Sequences, allele: Allele, length: int, offset: int = 0) -> StrandWindows:
    """The sequences of exactly `length` bp that a model sees of an allele.

    On each strand, the allele of ``n`` bp is preceded by ``(length - n) // 2`` bases, rounded
    down, so that it is at the centre; what an indel frees or takes is taken from or given to the
    flanks, and nothing is padded but beyond the ends of a chromosome. Since the rule is the same on
    both strands, the two windows are reverse complements of each other's rule: that of the reverse
    strand begins one base later where ``length - n`` is odd. The reverse complement of a genome
    and its variants therefore has the same windows, with the strands exchanged.

    Parameters
    ----------
    sequences : Sequences
    allele : Allele
        Of at most `length` bp.
    length : int
    offset : int
        Position of the allele relative to the centre of the window in bp, positive to the right
        on the forward strand; as far as the allele stays within the window.
    """
    flanks = length - len(allele.bases)
    below, above = flanks // 2, flanks - flanks // 2
    sides = [min(max(side + offset, 0), flanks) for side in (below, above)]
    widest, opposite = max(sides), flanks - min(sides)
    left = sequences.letters(allele.chromosome, allele.start - widest, allele.start)
    right = sequences.letters(allele.chromosome, allele.end, allele.end + opposite)
    forward, reverse = (
        left[widest - side :] + allele.bases + right[: flanks - side] for side in sides
    )
    return StrandWindows(forward, reverse)


def is_padded(sequences: Sequences, allele: Allele, length: int) -> bool:
    """Whether the windows of an allele at their centre extend beyond its chromosome."""
    flank = -(-(length - len(allele.bases)) // 2)
    last = sequences.genome.lengths[allele.chromosome]
    return allele.start < flank or allele.end + flank > last
