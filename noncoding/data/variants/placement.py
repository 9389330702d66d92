"""Place the variants of a file on a genome."""

import os
from collections.abc import Iterable, Iterator, Mapping
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
        ref, alt = variant.ref.upper().encode(), variant.alt.upper().encode()
        if ref == alt:
            yield PlacedVariant(variant, Status.same_as_reference)
            continue
        start = variant.position - 1
        own = sequences.letters(chromosome, start, start + len(ref))
        matches = _same(ref, own)
        if not matches and mismatch == "error":
            raise InputError(
                location(where, variant.line),
                f"REF {variant.ref} at {variant.chromosome}:{variant.position}",
                f"{own.decode()}, the sequence of {sequences.fasta}",
                "Give the genome that the variants were called on, or choose with --ref-mismatch "
                "(ref_mismatch) to skip, swap or keep such alleles.",
            )
        swapped = False
        if not matches and mismatch == "swap":
            end = start + len(alt)
            swapped = end <= sequences.genome.lengths[chromosome] and _same(
                alt, sequences.letters(chromosome, start, end)
            )
        if not (matches or swapped or mismatch == "keep"):
            yield PlacedVariant(variant, Status.ref_mismatch)
            continue
        first, short_ref, short_alt = trimmed(start, ref, alt)
        if not (matches or swapped):
            before, after = first - start, first - start + len(short_ref)
            if not _same(ref[:before] + ref[after:], own[:before] + own[after:]):
                # Bases that both alleles share are not those of the genome.
                first, short_ref, short_alt = start, ref, alt
        if max(len(short_ref), len(short_alt)) > length:
            yield PlacedVariant(variant, Status.too_long)
            continue
        last = first + len(short_alt if swapped else short_ref)
        trimmed_alleles = (Allele(chromosome, first, last, each) for each in (short_ref, short_alt))
        alleles = with_repeat(sequences, *trimmed_alleles)
        status = Status.scored
        if swapped:
            status = Status.swapped
        elif any(is_padded(sequences, allele, length) for allele in alleles):
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
    """The status of alleles that are on no chromosome of the genome."""
    if chromosome not in lengths:
        return Status.unknown_contig
    last = variant.position - 1 + len(variant.ref)
    if variant.position < 1 or last > lengths[chromosome]:
        return Status.outside_contig
    return None


def _same(bases: bytes, genome: bytes) -> bool:
    """Whether bases are those of the genome, as they are or as VCF files write them."""
    return bases in (genome, genome.translate(_AS_IN_VCF))
