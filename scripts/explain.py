from pathlib import Path

import torch

from noncoding.common.stage_logging import logged_stage
from noncoding.stages.explain import ExplanationOutputs, Settings, explain

torch.set_num_threads(snakemake.threads)

with logged_stage(snakemake.log[0], snakemake.input):
    explain(
        Path(snakemake.input.model[0]).parent,
        snakemake.input.store,
        snakemake.input.predictions,
        snakemake.input.metrics,
        snakemake.input.baseline,
        ExplanationOutputs(**{name: Path(path) for name, path in snakemake.output.items()}),
        Settings(**snakemake.params.settings),
        truth=snakemake.input.truth or None,
        motifs=snakemake.input.motifs or None,
    )
