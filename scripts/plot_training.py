from pathlib import Path

import noncoding.common.interrupts  # noqa: F401 – before imports that take long
from noncoding.common.stage_logging import logged_stage
from noncoding.stages.plot_training import plot_training

with logged_stage(snakemake.log[0], snakemake.input):
    folder = Path(snakemake.output[0]).parents[1]
    plot_training(snakemake.input.metrics, snakemake.input.layers, folder)
