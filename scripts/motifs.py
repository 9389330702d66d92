from pathlib import Path

import torch

from noncoding.common.stage_logging import logged_stage
from noncoding.stages.motifs import DiscoveryOutputs, Settings, discover_motifs

torch.set_num_threads(snakemake.threads)

with logged_stage(snakemake.log[0], snakemake.input):
    discover_motifs(
        Path(snakemake.input.model[0]).parent,
        {Path(path).stem: path for path in snakemake.input.stores},
        snakemake.input.predictions,
        snakemake.input.metrics,
        DiscoveryOutputs(**{name: Path(path) for name, path in snakemake.output.items()}),
        Settings(**snakemake.params.targets, **snakemake.params.settings),
        motifs=snakemake.input.motifs or None,
    )
