"""The subcommand ``predict``."""

import re
from pathlib import Path
from typing import Annotated

import typer

from noncoding.cli.common import (
    BatchSizeOption,
    BothStrandsOption,
    Device,
    DeviceOption,
    GenomeOption,
    ModelOption,
    TargetsOption,
    integers_of,
    options_of,
    reported,
    text_of,
)
from noncoding.settings.apply import BATCH_SIZE, RegionOptions

_WHAT, _HOW = "Sequences", "Prediction"
_THOUSANDS = r"(?<=\d),(?=\d{3}(?:\D|$))"
"""A comma within a number, as in chr8:1-200,000."""


def predict(
    model: ModelOption,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            readable=False,
            help="A file .tsv, .tsv.gz or .h5, or a folder of bigWig files.",
        ),
    ],
    genome: GenomeOption = None,
    bed: Annotated[
        Path | None,
        typer.Option(
            readable=False,
            help="BED or narrowPeak file; one window is centred on each region.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    summit: Annotated[
        bool,
        typer.Option(
            "--summit",
            help="Centre the windows of --bed on narrowPeak summits.",
            rich_help_panel=_WHAT,
        ),
    ] = False,
    tile: Annotated[
        bool, typer.Option("--tile", help="Tile the regions of --bed.", rich_help_panel=_WHAT)
    ] = False,
    regions: Annotated[
        list[str] | None,
        typer.Option(
            help="Regions to tile: chromosomes or chromosome:first-last (1-based), separated by "
            "commas.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    whole_genome: Annotated[
        bool,
        typer.Option("--whole-genome", help="Tile all chromosomes.", rich_help_panel=_WHAT),
    ] = False,
    fasta: Annotated[
        Path | None,
        typer.Option(
            readable=False,
            help="FASTA file of sequences instead of a genome; those shorter than the window are "
            "padded with N, longer ones are tiled.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    stride: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Distance between tiles in bp; by default, the length of the bin.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    exclude: Annotated[
        Path | None,
        typer.Option(
            readable=False,
            help="BED file; windows that overlap its regions are left out.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    targets: TargetsOption = None,
    both_strands: BothStrandsOption = True,
    shifts: Annotated[
        str,
        typer.Option(
            help="Shifts of the window in bp, over which predictions are averaged, such as "
            "0,-10,10.",
            rich_help_panel=_HOW,
        ),
    ] = "0",
    long: Annotated[
        bool, typer.Option("--long", help="Tables with a row per window and target.")
    ] = False,
    device: DeviceOption = Device.auto,
    batch_size: BatchSizeOption = BATCH_SIZE,
) -> None:
    r"""Predict probabilities in regions, along a genome, or of sequences.

    Each window gives one row: the labelled bin at its centre, and the probability of each target.
    An interrupted run resumes with the same command.

    **Examples**

        # Regions of a BED file, as a table
        noncoding predict -m yeast -g yeast.fa --bed peaks.bed -o peaks.tsv

        # Two targets along chromosomes, as tracks of a genome browser
        noncoding predict -m yeast -g yeast.fa --whole-genome \
            -t Reb1,Abf1 -o tracks

        # Sequences of any length, in HDF5
        noncoding predict -m yeast --fasta promoters.fa -o promoters.h5
    """
    with reported():
        options = options_of(
            RegionOptions,
            genome=text_of(genome),
            bed=text_of(bed),
            regions=[one for given in regions for one in _separated(given)] if regions else None,
            whole_genome=whole_genome,
            fasta=text_of(fasta),
            summit=summit,
            tile=tile,
            stride=stride,
            exclude=text_of(exclude),
            targets=targets or [],
            both_strands=both_strands,
            shifts=integers_of(shifts, "--shifts"),
            long=long,
        )
        # Imported here, so that the help does not wait for torch.
        from noncoding.stages.predict_regions import predict_regions  # noqa: PLC0415

        predict_regions(model, out, options, device=device, batch_size=batch_size)


def _separated(regions: str) -> list[str]:
    """Regions that are separated by commas; commas within numbers are removed."""
    return [one.strip() for one in re.sub(_THOUSANDS, "", regions).split(",") if one.strip()]
