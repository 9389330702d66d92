import noncoding.common.interrupts  # noqa: F401 – before imports that take long
from noncoding.common.stage_logging import logged_stage
from noncoding.settings.genome import GenomeDataset
from noncoding.stages.tile import tile_genome_wide

given, params = snakemake.input, snakemake.params
settings = GenomeDataset(**params.settings)
with logged_stage(snakemake.log[0], given):
    tile_genome_wide(
        given.fasta,
        list(given.peaks),
        given.test_store,
        snakemake.output[0],
        settings,
        urls=params.urls,
    )
