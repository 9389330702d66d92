from pathlib import Path

import noncoding.common.interrupts  # noqa: F401 – before imports that take long
from noncoding.common.stage_logging import logged_stage
from noncoding.stages.compare import compare

folders = [Path(path).parent for path in snakemake.input.evaluations]
models = {folder.parent.name: folder for folder in folders}  # {model}/evaluation
baselines, folder = Path(snakemake.input.baselines[0]).parent, Path(snakemake.output[0]).parent
with logged_stage(snakemake.log[0], snakemake.input):
    compare(models, baselines, snakemake.input.store, folder, **snakemake.params)
