from pathlib import Path

from noncoding.common.stage_logging import logged_stage
from noncoding.settings.datasets import GenomeDataset
from noncoding.stages.tile import tile

fasta, peaks, params = snakemake.input.fasta, snakemake.input.peaks, snakemake.params
archive = {"archive": {"url": str(peaks)}} if isinstance(peaks, str) else {}
keys = {"fasta": {"url": str(fasta)}, "peaks": params.peaks | archive}
files = [peaks] if archive else list(peaks)
with logged_stage(snakemake.log[0], snakemake.input):
    settings = GenomeDataset(**params.settings, **keys)
    tile(fasta, files, Path(snakemake.output[0]).parent, settings, urls=params.urls)
