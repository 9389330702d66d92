from pathlib import Path

import noncoding.common.interrupts  # noqa: F401 – before imports that take long
from noncoding.common.stage_logging import logged_stage
from noncoding.stages.report import report

params, folder = snakemake.params, Path(snakemake.output[0]).parent

with logged_stage(snakemake.log[0], snakemake.input):
    report(
        folder,
        params.models,
        params.configuration,
        params.applied,
        genome_wide=params.genome_wide,
    )
