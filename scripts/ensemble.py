from pathlib import Path

import noncoding.common.interrupts  # noqa: F401 – before imports that take long
from noncoding.common.stage_logging import logged_stage
from noncoding.stages.ensemble import ensemble

folders = dict.fromkeys(Path(path).parent for path in snakemake.input.members)
members = {folder.parent.name: folder for folder in folders}  # {model}/model
with logged_stage(snakemake.log[0], snakemake.input):
    ensemble(
        members,
        snakemake.input.valid,
        Path(snakemake.output[0]).parents[1],
        average=snakemake.params.average,
        batch_size=snakemake.params.batch_size,
        **dict(snakemake.wildcards.items()),
    )
