import noncoding.common.interrupts  # noqa: F401 – before imports that take long
from noncoding.common.stage_logging import logged_stage
from noncoding.layout import FILES
from noncoding.stages.unpack import unpack

with logged_stage(snakemake.log[0], snakemake.input):
    unpack(snakemake.input.archive[0], dict(zip(FILES["unpack"], snakemake.output, strict=True)))
