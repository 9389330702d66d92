"""Settings of the application of a model to regions and variants."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from noncoding.settings.base import UNIQUE, Count, CountOrZero, LocalPath, Section, Targets, problem

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

    @model_validator(mode="after")
    def _check_source(self) -> "RegionOptions":
        sources = ("bed", "regions", "whole_genome", "fasta")
        given = [name for name in sources if getattr(self, name)]
        if len(given) != 1:
            raise problem(
                f"exactly one of {', '.join(sources)}",
                "Name the regions in one of these ways.",
                found=" and ".join(given) or "no regions",
            )
        if (self.genome is None) != (self.fasta is not None):
            raise problem(
                "a genome, in which regions are found, or fasta, whose sequences need none",
                "Give one of the two.",
                key="genome",
                found=f"{'no genome' if self.genome is None else 'a genome'} and {given[0]}",
            )
        for name in ("summit", "tile"):
            if getattr(self, name) and (self.bed is None or (self.summit and self.tile)):
                raise problem(
                    "summit or tile, not both, and a BED file",
                    "Each region of a BED file has one window at its centre or its summit, or is "
                    "tiled.",
                    key=name,
                    found="both" if self.summit and self.tile else f"{name} and {given[0]}",
                )
        if self.stride and self.bed and not self.tile:
            raise problem(
                "a stride only where regions are tiled",
                "Add tile, or remove it.",
                key="stride",
                found=str(self.stride),
            )
        return self


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
