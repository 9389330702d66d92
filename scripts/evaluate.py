from pathlib import Path

import noncoding.common.interrupts  # noqa: F401 – before imports that take long
from noncoding.common.stage_logging import logged_stage
from noncoding.settings.evaluate import EvaluateSettings
from noncoding.stages.evaluate import evaluate

inputs = snakemake.input.predictions, snakemake.input.store, snakemake.input.targets
folder, settings = Path(snakemake.output[0]).parent, EvaluateSettings(**snakemake.params.settings)
with logged_stage(snakemake.log[0], snakemake.input):
    evaluate(*inputs, folder, settings, seed=snakemake.params.seed, threads=snakemake.threads)
