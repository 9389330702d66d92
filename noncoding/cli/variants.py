"""The subcommand ``noncoding variants``: score the variants of a file."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from noncoding.cli.common import (
    BatchSizeOption,
    BothStrandsOption,
    Device,
    DeviceOption,
    ModelOption,
    SeedOption,
    TargetsOption,
    integers_of,
    options_of,
    reported,
    text_of,
)
from noncoding.settings.apply import BATCH_SIZE, VariantOptions

_WHAT, _HOW, _FIGURES = "Variants", "Scores", "Figures"


def variants(
    model: ModelOption,
    genome: Annotated[
        Path,
        typer.Option("--genome", "-g", readable=False, help="FASTA file, plain or compressed."),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", "-o", readable=False, help="A file .tsv, .tsv.gz, .h5 or .vcf.gz."),
    ],
    vcf: Annotated[
        Path | None,
        typer.Option(
            readable=False,
            help="VCF file, plain or compressed, or BCF file.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(
            readable=False,
            help="Tab-separated table with the columns chrom, pos (1-based), ref, alt, and "
            "optionally id.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    ref_mismatch: Annotated[
        Literal["skip", "swap", "error", "keep"],
        typer.Option(
            help="If REF differs from the genome: skip the allele, swap (score it if the genome "
            "has ALT), error (stop), or keep (REF replaces the sequence of the genome).",
            rich_help_panel=_WHAT,
        ),
    ] = "skip",
    targets: TargetsOption = None,
    both_strands: BothStrandsOption = True,
    offsets: Annotated[
        str,
        typer.Option(
            help="Positions of the variant relative to the centre of the window in bp, such as "
            "0,-50,50; for each target, the largest difference is kept.",
            rich_help_panel=_HOW,
        ),
    ] = "0",
    background: Annotated[
        int,
        typer.Option(
            min=0,
            help="Number of random SNVs of the genome, matched by trinucleotide, with which scores "
            "are compared: the share of them with at least as large a score is added.",
            rich_help_panel=_HOW,
        ),
    ] = 0,
    seed: SeedOption = 0,
    long: Annotated[
        bool,
        typer.Option("--long", help="Tables with a row per allele and target."),
    ] = False,
    plot: Annotated[
        int,
        typer.Option(
            min=0,
            help="Number of strongest variants to draw, in the folder OUT.figures.",
            rich_help_panel=_FIGURES,
        ),
    ] = 0,
    motifs: Annotated[
        Path | None,
        typer.Option(
            readable=False,
            help="MEME file of known motifs to search for in both alleles.",
            rich_help_panel=_FIGURES,
        ),
    ] = None,
    device: DeviceOption = Device.auto,
    batch_size: BatchSizeOption = BATCH_SIZE,
) -> None:
    r"""Score variants: SNVs, MNVs, insertions and deletions.

    The score of an allele for a target is the logit of the sequence with ALT minus that of the
    sequence with REF, in windows that are centred on the variant. Each allele gives one row, with
    a status and, if it is scored, the target with the largest absolute difference; with --long or
    in a .h5 file, all targets. An interrupted run resumes with the same command.

    **Examples**

        # A table with a row per allele
        noncoding variants -m yeast -g yeast.fa --vcf strains.vcf.gz -o scores.tsv

        # Every target, and the share of 10,000 random SNVs with such an effect
        noncoding variants -m yeast -g yeast.fa --vcf strains.vcf.gz \
            --background 10000 --long -o scores.tsv.gz

        # An annotated VCF file, and figures of the 10 strongest variants
        noncoding variants -m yeast -g yeast.fa --vcf strains.vcf.gz \
            --plot 10 --motifs jaspar.meme -o scored.vcf.gz

        # A table of variants, and two targets
        noncoding variants -m yeast -g yeast.fa --table sites.tsv \
            -t Reb1,Abf1 -o scores.tsv
    """
    with reported():
        options = options_of(
            VariantOptions,
            genome=str(genome),
            vcf=text_of(vcf),
            table=text_of(table),
            ref_mismatch=ref_mismatch,
            targets=targets or [],
            both_strands=both_strands,
            offsets=integers_of(offsets, "--offsets"),
            background=background,
            long=long,
            plot=plot,
            motifs=text_of(motifs),
        )
        # Imported here, so that the help does not wait for torch.
        from noncoding.stages.score_variants import score_variants  # noqa: PLC0415

        score_variants(model, out, options, device=device, batch_size=batch_size, seed=seed)
