from pathlib import Path

import noncoding.common.interrupts  # noqa: F401 – before imports that take long
from noncoding.common.stage_logging import logged_stage
from noncoding.settings.baseline import BaselineSettings
from noncoding.stages.baseline import baseline

inputs = snakemake.input.train_store, snakemake.input.store, snakemake.input.get("motifs") or None
folder, settings = Path(snakemake.output[0]).parent, BaselineSettings(**snakemake.params.settings)
options = {name: snakemake.params[name] for name in ("replicates", "seed")}
with logged_stage(snakemake.log[0], snakemake.input):
    baseline(*inputs, folder, settings, threads=snakemake.threads, **options)
