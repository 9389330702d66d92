from typing import TYPE_CHECKING

from noncoding.stage import logged_stage
from noncoding.unpack import unpack

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with logged_stage(snakemake.log[0], snakemake.input):
    unpack(
        snakemake.input.archive[0],
        {f"{split}.mat": path for split, path in snakemake.output.items()},
    )
