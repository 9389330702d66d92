"""What a file says of a variant, and what becomes of it."""

from enum import StrEnum
from typing import NamedTuple

from noncoding.data.variants.alleles import Allele


class Variant(NamedTuple):
    """One alternative allele of a record.

    Attributes
    ----------
    record : int
        Number of the record in its file, from 0; alleles of a record share it.
    line : int
        Line of the file, from 1; in a BCF file, the number of the record, from 1.
    chromosome : str
        As the file names it.
    position : int
        First base of REF, 1-based.
    id, ref, alt : str
        As in the file.
    """

    record: int
    line: int
    chromosome: str
    position: int
    id: str
    ref: str
    alt: str


class Status(StrEnum):
    """What became of an allele; the first three are scored."""

    scored = "scored"
    scored_padded = "scored_padded"
    swapped = "swapped"
    ref_mismatch = "ref_mismatch"
    unknown_contig = "unknown_contig"
    outside_contig = "outside_contig"
    symbolic = "symbolic"
    spanning_deletion = "spanning_deletion"
    breakend = "breakend"
    too_long = "too_long"
    same_as_reference = "same_as_reference"
    no_alternative = "no_alternative"
    ambiguous_allele = "ambiguous_allele"


class PlacedVariant(NamedTuple):
    """A variant on a genome; the alleles are None unless it is scored.

    ``ref`` and ``alt`` are the alleles of the file, also where the genome has ALT.
    """

    variant: Variant
    status: Status
    ref: Allele | None = None
    alt: Allele | None = None
