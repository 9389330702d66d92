from pathlib import Path

import noncoding.common.interrupts  # noqa: F401 – before imports that take long
from noncoding.common.stage_logging import logged_stage
from noncoding.stages.report import report

folder = Path(snakemake.output[0]).parent

with logged_stage(snakemake.log[0], snakemake.input):
    report(folder, snakemake.params.models, snakemake.params.configuration)
