from pathlib import Path

import torch
from pydantic import TypeAdapter

from noncoding.common.stage_logging import logged_stage
from noncoding.settings.models import Model
from noncoding.settings.train import LoadSettings, RuntimeOptions, TrainSettings
from noncoding.stages.train import train
from noncoding.training.slurm import share_between_tasks

params, resources = snakemake.params, snakemake.resources
share_between_tasks(resources.tasks, resources.nodes, resources.cpus_per_task)
torch.set_num_threads(resources.cpus_per_task)

with logged_stage(snakemake.log[0], snakemake.input):
    train(
        {"train": snakemake.input.train, "valid": snakemake.input.valid},
        Path(snakemake.output[0]).parents[1],
        dataset=snakemake.wildcards.dataset,
        model=snakemake.wildcards.model,
        network=TypeAdapter(Model).validate_python(params.network),
        settings=TrainSettings(**params.settings),
        runtime=RuntimeOptions(**params.runtime),
        load=LoadSettings(**params.load),
        seed=params.seed,
        motifs=snakemake.input.motifs or None,
    )
