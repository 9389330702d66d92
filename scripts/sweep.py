from pathlib import Path

import noncoding.common.interrupts  # noqa: F401 – before imports that take long
from noncoding.common.stage_logging import logged_stage
from noncoding.stages.sweep import Run, sweep

runs = zip(snakemake.params.runs, snakemake.input.summaries, strict=True)
with logged_stage(snakemake.log[0], snakemake.input):
    sweep([Run(*run, summary) for run, summary in runs], Path(snakemake.output[0]).parent)
