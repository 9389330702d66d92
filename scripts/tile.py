from pathlib import Path

from noncoding.common.stage_logging import logged_stage
from noncoding.settings.datasets import GenomeDataset
from noncoding.stages.tile import tile

fasta, peaks = snakemake.input.fasta, snakemake.input.peaks
settings = GenomeDataset(**snakemake.params.settings, fasta={"url": str(fasta)})
peaks = [peaks] if isinstance(peaks, str) else list(peaks)
with logged_stage(snakemake.log[0], snakemake.input):
    tile(fasta, peaks, Path(snakemake.output[0]).parent, settings, urls=snakemake.params.urls)
