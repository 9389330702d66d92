from pathlib import Path

import torch

from noncoding.common.stage_logging import logged_stage
from noncoding.layout import UNFINISHED
from noncoding.stages.train import TrainingOutputs, train
from noncoding.training.slurm import share_between_tasks

# Processes that share a training share the cores of a machine.
cores = snakemake.resources.cpus_per_task
share_between_tasks(snakemake.resources.tasks, snakemake.resources.nodes, cores)
torch.set_num_threads(cores)
folder = Path(snakemake.output.best).parent

with logged_stage(snakemake.log[0], snakemake.input):
    train(
        {"train": snakemake.input.train, "valid": snakemake.input.valid},
        dataset=snakemake.wildcards.dataset,
        model=snakemake.wildcards.model,
        sizes=snakemake.params.sizes,
        training=snakemake.params.settings,
        # No parameter: the rest of the section changes no result.
        conduct={
            key: value
            for key, value in snakemake.config["train"].items()
            if key not in snakemake.params.settings
        },
        # No parameter: where the rows lie while they are used changes no result.
        load=snakemake.config["load"],
        seed=snakemake.params.seed,
        motifs=snakemake.input.motifs or None,
        outputs=TrainingOutputs(
            best=Path(snakemake.output.best),
            last=Path(snakemake.output.last),
            metrics=Path(snakemake.output.metrics),
            curve=[Path(path) for path in snakemake.output.curve],
            layers=Path(snakemake.output.layers),
            layers_figure=[Path(path) for path in snakemake.output.layers_figure],
            model=Path(snakemake.output.model[0]).parent,
            tensorboard=folder / "tensorboard",
            unfinished=folder / UNFINISHED,
        ),
    )
