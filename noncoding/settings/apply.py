"""Settings of the application of a model to regions and variants."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from noncoding.settings.base import (
    UNIQUE,
    Count,
    CountOrZero,
    Integer,
    LocalPath,
    Matches,
    Name,
    Section,
    Targets,
    problem,
)

_Integers = Annotated[list[Integer], Field(min_length=1), *UNIQUE]
_Names = Annotated[list[str], Field(min_length=1), *UNIQUE]


FILES = ("genome", "bed", "fasta", "exclude", "vcf", "table", "motifs")
"""Options that are files."""

BATCH_SIZE = 256
"""Windows per step of the network, unless given otherwise."""


class _Applied(Section):
    """What regions and variants share."""

    targets: Targets = Field(
        default=[], description="Targets by index, name, group or pattern; all if empty."
    )
    both_strands: bool = Field(default=True, description="Average both strands.")

    def files(self) -> dict[str, str]:
        """Paths of the files that are given, by option."""
        found = {key: getattr(self, key, None) for key in FILES}
        return {key: path for key, path in found.items() if path}


class _RegionSettings(_Applied):
    """All options of regions; the genome may be left out."""

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
        default=None, description="Distance between tiles in bp; null: the length of the bin."
    )
    shifts: _Integers = Field(
        default=[0], description="Shifts of the window in bp, over which predictions are averaged."
    )
    exclude: LocalPath | None = Field(
        default=None, description="BED file; windows that overlap its regions are left out."
    )
    long: bool = Field(default=False, description="Tables with a row per window and target.")

    @model_validator(mode="after")
    def _check_regions(self) -> "_RegionSettings":
        sources = ("bed", "regions", "whole_genome", "fasta")
        given = [name for name in sources if getattr(self, name)]
        if len(given) != 1:
            raise problem(
                f"exactly one of {', '.join(sources)}",
                "Name the regions in one of these ways.",
                found=" and ".join(given) or "no regions",
            )
        if self.genome and self.fasta:
            raise _genome_or_fasta("a genome and fasta")
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


class RegionOptions(_RegionSettings):
    """Which windows are predicted, and how."""

    @model_validator(mode="after")
    def _check_genome(self) -> "RegionOptions":
        if not self.genome and not self.fasta:
            raise _genome_or_fasta("neither")
        return self


def _genome_or_fasta(found: str) -> PydanticCustomError:
    return problem(
        "a genome, in which regions are found, or fasta, whose sequences need none",
        "Give one of the two.",
        key="genome",
        found=found,
    )


class _VariantSettings(_Applied):
    """All options of variants but the genome."""

    vcf: LocalPath | None = Field(
        default=None, description="VCF file, plain or compressed, or BCF file."
    )
    table: LocalPath | None = Field(
        default=None, description="Table with the columns chrom, pos, ref, alt, and optionally id."
    )
    ref_mismatch: Literal["skip", "swap", "error", "keep"] = Field(
        default="skip",
        description="If REF differs from the genome: skip the allele, swap (score it if the genome "
        "has ALT), error (stop), or keep (REF replaces the sequence of the genome).",
    )
    offsets: _Integers = Field(
        default=[0],
        description="Positions of the variant relative to the centre of the window in bp; the "
        "largest difference is kept.",
    )
    background: CountOrZero = Field(
        default=0, description="Number of random SNVs that scores are compared with; 0 for none."
    )
    long: bool = Field(default=False, description="Tables with a row per allele and target.")
    plot: CountOrZero = Field(default=0, description="Number of strongest variants to draw.")
    motifs: LocalPath | None = Field(
        default=None, description="MEME file of known motifs for the figures."
    )

    @model_validator(mode="after")
    def _check_variants(self) -> "_VariantSettings":
        if (self.vcf is None) == (self.table is None):
            raise problem(
                "exactly one of vcf, table",
                "Name the variants in one of these ways.",
                found="both" if self.vcf else "no variants",
            )
        if self.motifs and not self.plot:
            raise problem(
                "a number of variants to plot, in whose figures motifs are shown",
                "Set plot, or leave out the motifs.",
                key="motifs",
                found="motifs without figures",
            )
        return self


class VariantOptions(_VariantSettings):
    """Which variants are scored, and how."""

    genome: LocalPath = Field(description="FASTA file of the genome.")


class Entry(Section):
    """What a model is applied to in the pipeline: data sets and models, and one input."""

    datasets: _Names | None = Field(
        default=None, description="Data sets whose models are applied; null for all."
    )
    models: _Names | None = Field(
        default=None, description="Models of the configuration that are applied; null for all."
    )

    def options(self) -> dict[str, Any]:
        """Options of the stage but for its files, which are inputs of a job."""
        return self.model_dump(exclude={"datasets", "models", "format", *FILES})


_OF_DATASET = Field(
    default=None,
    description="FASTA file of the genome; null for that of the data set, if it has one.",
)


class RegionEntry(_RegionSettings, Entry):
    """An entry of ``apply.regions``."""

    genome: LocalPath | None = _OF_DATASET
    format: Literal["tsv.gz", "h5", "bigwig"] = Field(
        default="tsv.gz",
        description="Table, HDF5 file, or folder with a bigWig file for each target.",
    )

    @property
    def needs_genome(self) -> bool:
        """Whether the windows are those of a genome."""
        return self.fasta is None

    @model_validator(mode="after")
    def _check_format(self) -> "RegionEntry":
        _check_long(self)
        if self.format == "bigwig" and self.fasta is not None:
            raise problem(
                "tsv.gz or h5 for sequences without a place in a genome",
                key="format",
                found="bigwig",
            )
        return self


class VariantEntry(_VariantSettings, Entry):
    """An entry of ``apply.variants``."""

    genome: LocalPath | None = _OF_DATASET
    motifs: LocalPath | None = Field(
        default=None,
        description="MEME file of known motifs for the figures; null for that of the data set, if "
        "it has one.",
    )
    format: Literal["tsv.gz", "h5", "vcf.gz"] = Field(
        default="tsv.gz", description="Table, HDF5 file, or annotated VCF with its index."
    )

    @property
    def needs_genome(self) -> bool:
        """Whether the variants are those of a genome, which all are."""
        return True

    @model_validator(mode="after")
    def _check_format(self) -> "VariantEntry":
        _check_long(self)
        return self


def _check_long(entry: "RegionEntry | VariantEntry") -> None:
    if entry.long and entry.format != "tsv.gz":
        raise problem(
            "false, or the format tsv.gz", key="long", found=f"true with the format {entry.format}"
        )


_EntryName = Annotated[Name, Matches(r"[^.]+", "a name without '.', which begins a suffix")]


class ApplySettings(Section):
    """The section ``apply``."""

    regions: dict[_EntryName, RegionEntry] = Field(
        description="Regions, genomes or sequences by name."
    )
    variants: dict[_EntryName, VariantEntry] = Field(description="Files of variants by name.")
