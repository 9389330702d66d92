from pathlib import Path

import torch

from noncoding.common.stage_logging import logged_stage
from noncoding.settings.explain import ExplainSettings
from noncoding.stages.explain import explain

torch.set_num_threads(snakemake.threads)
given, settings = snakemake.input, ExplainSettings(**snakemake.params.settings)
model, folder = (Path(paths[0]).parent for paths in (given.model, snakemake.output))
inputs = model, given.store, given.predictions, given.metrics, given.baseline
with logged_stage(snakemake.log[0], given):
    truth, motifs = given.truth or None, given.motifs or None
    explain(*inputs, folder, settings, truth=truth, motifs=motifs)
