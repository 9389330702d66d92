from pathlib import Path

import noncoding.common.interrupts  # noqa: F401 – before imports that take long
from noncoding.common.stage_logging import logged_stage
from noncoding.stages.simulate import simulate

with logged_stage(snakemake.log[0], snakemake.input):
    simulate(Path(snakemake.output[0]).parent, **snakemake.params)
