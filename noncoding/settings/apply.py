"""Settings of the application of a model to regions and variants."""

from typing import Annotated, Literal

from pydantic import Field

from noncoding.settings.base import UNIQUE, Count, CountOrZero, LocalPath, Section, Targets

_Integers = Annotated[list[int], Field(min_length=1), *UNIQUE]


class _Applied(Section):
    """What regions and variants share."""

    targets: Targets = Field(
        default=[], description="Targets by index, name, group or pattern; all if empty."
    )
    both_strands: bool = Field(default=True, description="Average both strands.")


class RegionOptions(_Applied):
    """Which windows are predicted, and how."""

    genome: LocalPath | None = Field(default=None, description="FASTA file of the genome.")
    bed: LocalPath | None = Field(
        default=None, description="BED or narrowPeak file of regions of any length."
    )
    regions: list[str] | None = Field(
        default=None, description="Chromosomes or `chromosome:first-last`, which are tiled."
    )
    whole_genome: bool = Field(default=False, description="Tile all chromosomes.")
    fasta: LocalPath | None = Field(
        default=None, description="FASTA file of sequences, in place of a genome and regions."
    )
    summit: bool = Field(default=False, description="Centre windows on narrowPeak summits.")
    tile: bool = Field(default=False, description="Tile the regions of the BED file.")
    stride: Count | None = Field(
        default=None, description="Distance of tiles in bp; null: the length of the bin."
    )
    shifts: _Integers = Field(
        default=[0], description="Shifts of the window in bp, over which predictions are averaged."
    )
    exclude: LocalPath | None = Field(
        default=None, description="BED file; windows that overlap its regions are left out."
    )
    long: bool = Field(default=False, description="Tables with a row per window and target.")


class VariantOptions(_Applied):
    """Which variants are scored, and how."""

    genome: LocalPath = Field(description="FASTA file of the genome.")
    vcf: LocalPath | None = Field(default=None, description="VCF, bgzipped VCF or BCF file.")
    table: LocalPath | None = Field(
        default=None, description="Table with the columns chrom, pos, ref, alt, and optionally id."
    )
    ref_mismatch: Literal["skip", "swap", "error", "keep"] = Field(
        default="skip",
        description="Where REF is not the base of the genome: skip the allele; swap: score it if "
        "the genome has ALT; error: stop; keep: put REF into the genome.",
    )
    offsets: _Integers = Field(
        default=[0],
        description="Positions of the variant relative to the centre of the window in bp; the "
        "largest difference is kept.",
    )
    background: CountOrZero = Field(
        default=0, description="Random variants that scores are compared with; 0 for none."
    )
    long: bool = Field(default=False, description="Tables with a row per allele and target.")
    plot: CountOrZero = Field(default=0, description="Strongest variants that are drawn.")
    motifs: LocalPath | None = Field(
        default=None, description="MEME file of known motifs for the figures."
    )
