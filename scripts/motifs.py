from pathlib import Path

import torch

from noncoding.common.stage_logging import logged_stage
from noncoding.settings.explain import TargetSelection
from noncoding.settings.motifs import MotifsSettings
from noncoding.stages.motifs import discover_motifs

torch.set_num_threads(snakemake.threads)
given, folder = snakemake.input, Path(snakemake.output[0]).parent
model, stores = Path(given.model[0]).parent, {Path(path).stem: path for path in given.stores}
settings = TargetSelection(**snakemake.params.targets), MotifsSettings(**snakemake.params.settings)
with logged_stage(snakemake.log[0], given):
    tables = given.predictions, given.metrics
    discover_motifs(model, stores, *tables, folder, *settings, motifs=given.motifs or None)
