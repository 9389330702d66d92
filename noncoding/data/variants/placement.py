"""Place the variants of a file on a genome."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from noncoding.common.errors import InputError
from noncoding.data.genome.sequences import Sequences
from noncoding.data.variants.alleles import Allele, is_padded, trimmed, with_repeat
from noncoding.data.variants.files import MISSING, location
from noncoding.data.variants.variant import PlacedVariant, Status, Variant

_LETTERS = b"ACGTN"
_AS_IN_VCF = bytes.maketrans(b"MRWSYKVHDB", b"AAACCGAAAC")
"""Letters for several bases → the first of these, which is REF of a VCF file."""


def place(
    variants: Iterable[Variant],
    sequences: Sequences,
    *,
    where: str | os.PathLike[str],
    length: int,
    mismatch: Literal["skip", "swap", "error", "keep"],
    names: Mapping[str, str],
    offsets: Sequence[int] = (0,),
) -> Iterator[PlacedVariant]:
    """Give each variant a status and, if it is scored, its alleles on the genome.

    Parameters
    ----------
    variants : iterable of Variant
    sequences : Sequences
    where : path
        The file of the variants, for errors.
    length : int
        Length of the model's window in bp.
    mismatch : str
        Where REF is not the sequence of the genome, ``skip`` gives the status ``ref_mismatch``;
        ``swap`` too, unless ALT is the sequence of the genome; ``error`` raises; ``keep`` takes REF
        in place of the genome's bases.
    names : mapping
        Name in the file → chromosome of the genome, where they differ, see
        `noncoding.data.genome.chromosome_names.chromosome_map_for`.
    offsets : sequence of int
        Of the windows, see `noncoding.data.variants.alleles.windows`.

    Raises
    ------
    InputError
        With ``error``, REF is not the sequence of the genome; or the genome cannot be read.
    """
    for variant in variants:
        chromosome = names.get(variant.chromosome, variant.chromosome)
        status = _unplaced(variant) or _outside(variant, chromosome, sequences.genome.lengths)
        if status:
            yield PlacedVariant(variant, status)
            continue
        matches = _has(sequences, chromosome, variant.position - 1, variant.ref)
        if not matches and mismatch == "error":
            raise _mismatch(variant, where, sequences, chromosome)
        swapped = (
            not matches
            and mismatch == "swap"
            and _has(sequences, chromosome, variant.position - 1, variant.alt)
        )
        if not (matches or swapped or mismatch == "keep"):
            yield PlacedVariant(variant, Status.ref_mismatch)
            continue
        alleles = _alleles(variant, sequences, chromosome, swapped)
        if max(len(allele.bases) for allele in alleles) > length:
            yield PlacedVariant(variant, Status.too_long)
            continue
        alleles = with_repeat(sequences, *alleles)
        status = Status.swapped if swapped else Status.scored
        if not swapped and any(is_padded(sequences, allele, length, offsets) for allele in alleles):
            status = Status.scored_padded
        yield PlacedVariant(variant, status, *alleles)


def _unplaced(variant: Variant) -> Status | None:
    """The status of alleles that are not sequences, on whatever genome."""
    alt = variant.alt
    if alt == MISSING:
        return Status.no_alternative
    if alt == "*":
        return Status.spanning_deletion
    if "[" in alt or "]" in alt or alt.startswith(".") or alt.endswith("."):
        return Status.breakend
    if "<" in alt:
        return Status.symbolic
    if (variant.ref + alt).upper().encode().translate(None, _LETTERS):
        return Status.ambiguous_allele
    return None


def _outside(variant: Variant, chromosome: str, lengths: Mapping[str, int]) -> Status | None:
    """The status of alleles that are on no chromosome of the genome, or that are equal."""
    if chromosome not in lengths:
        return Status.unknown_contig
    last = variant.position - 1 + len(variant.ref)
    if variant.position < 1 or last > lengths[chromosome]:
        return Status.outside_contig
    return Status.same_as_reference if variant.ref.upper() == variant.alt.upper() else None


def _has(sequences: Sequences, chromosome: str, start: int, bases: str) -> bool:
    """Whether bases are those of the genome, as they are or as VCF files write them."""
    end = start + len(bases)
    if end > sequences.genome.lengths[chromosome]:
        return False
    own = sequences.letters(chromosome, start, end)
    return bases.upper().encode() in (own, own.translate(_AS_IN_VCF))


def _alleles(
    variant: Variant, sequences: Sequences, chromosome: str, swapped: bool
) -> tuple[Allele, Allele]:
    """REF and ALT in the place of REF or, if they are swapped, of ALT.

    Bases that both share are left out, unless they are not those of the genome.
    """
    start = variant.position - 1
    ref, alt = variant.ref.upper(), variant.alt.upper()
    first, short_ref, short_alt = trimmed(start, ref.encode(), alt.encode())
    last = first + len(short_alt if swapped else short_ref)
    before, after = ref[: first - start], ref[first - start + len(short_ref) :]
    if not (
        _has(sequences, chromosome, start, before) and _has(sequences, chromosome, last, after)
    ):
        first, last = start, start + len(alt if swapped else ref)
        short_ref, short_alt = ref.encode(), alt.encode()
    return (
        Allele(chromosome, first, last, short_ref),
        Allele(chromosome, first, last, short_alt),
    )


def _mismatch(
    variant: Variant, where: str | os.PathLike[str], sequences: Sequences, chromosome: str
) -> InputError:
    start = variant.position - 1
    own = sequences.letters(chromosome, start, start + len(variant.ref))
    return InputError(
        location(where, variant.line),
        f"REF {variant.ref} at {variant.chromosome}:{variant.position}",
        f"{own.decode()}, the sequence of {sequences.fasta}",
        "Give the genome that the variants were called on, or choose with --ref-mismatch "
        "(ref_mismatch) to skip, swap or keep such alleles.",
    )
