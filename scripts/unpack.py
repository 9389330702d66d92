from noncoding.common.stage_logging import logged_stage
from noncoding.stages.unpack import unpack

with logged_stage(snakemake.log[0], snakemake.input):
    unpack(
        snakemake.input.archive[0],
        {f"{split}.mat": path for split, path in snakemake.output.items()},
    )
