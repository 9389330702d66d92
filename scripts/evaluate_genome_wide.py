from pathlib import Path

import noncoding.common.interrupts  # noqa: F401 – before imports that take long
from noncoding.common.stage_logging import logged_stage
from noncoding.stages.evaluate_genome_wide import evaluate_genome_wide

given, folder = snakemake.input, Path(snakemake.output[0]).parent
with logged_stage(snakemake.log[0], given):
    evaluate_genome_wide(
        given.predictions, given.store, given.test_store, folder, threads=snakemake.threads
    )
