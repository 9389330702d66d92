from pathlib import Path

import torch

from noncoding.common.stage_logging import logged_stage
from noncoding.settings.explain import ExplainSettings
from noncoding.stages.explain import explain

torch.set_num_threads(snakemake.threads)
given, folder = snakemake.input, Path(snakemake.output[0]).parent
model, settings = Path(given.model[0]).parent, ExplainSettings(**snakemake.params.settings)
tables = given.predictions, given.metrics, given.baseline
with logged_stage(snakemake.log[0], given):
    explain(
        model,
        given.store,
        *tables,
        folder,
        settings,
        truth=given.truth or None,
        motifs=given.motifs or None,
    )
