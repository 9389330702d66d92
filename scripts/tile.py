from pathlib import Path

import noncoding.common.interrupts  # noqa: F401 – before imports that take long
from noncoding.common.stage_logging import logged_stage
from noncoding.settings.genome import GenomeDataset
from noncoding.stages.tile import tile

given, params, folder = snakemake.input, snakemake.params, Path(snakemake.output[0]).parent
settings = GenomeDataset(**params.settings)
with logged_stage(snakemake.log[0], given):
    tile(given.fasta, list(given.peaks), folder, settings, urls=params.urls)
