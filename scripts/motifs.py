from pathlib import Path

import torch

from noncoding.common.stage_logging import logged_stage
from noncoding.settings.explain import TargetSelection
from noncoding.settings.motifs import MotifsSettings
from noncoding.stages.motifs import discover_motifs

torch.set_num_threads(snakemake.threads)
given, params = snakemake.input, snakemake.params
model, folder = (Path(paths[0]).parent for paths in (given.model, snakemake.output))
inputs = model, {Path(path).stem: path for path in given.stores}, given.predictions, given.metrics
settings = TargetSelection(**params.targets), MotifsSettings(**params.settings)
with logged_stage(snakemake.log[0], given):
    discover_motifs(*inputs, folder, *settings, motifs=given.motifs or None)
