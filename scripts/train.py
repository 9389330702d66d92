from pathlib import Path

import noncoding.common.interrupts  # noqa: F401 – before imports that take long
from noncoding.common.stage_logging import logged_stage
from noncoding.settings.config import TrainingJob
from noncoding.stages.train import train
from noncoding.training.slurm import share_between_tasks

given, out, job = snakemake.input, snakemake.output, TrainingJob(**snakemake.params)
share_between_tasks(snakemake.resources, snakemake.log[0])
with logged_stage(snakemake.log[0], given):
    stores, names = {"train": given.train, "valid": given.valid}, snakemake.wildcards.items()
    earlier, teacher = (
        Path(files[0]).parent if files else None for files in (given.earlier, given.teacher)
    )
    if given.test:
        stores["test"] = given.test
    train(
        stores,
        Path(out[0]).parents[1],
        job,
        **dict(names),
        motifs=given.motifs or None,
        earlier=earlier,
        teacher=teacher,
    )
