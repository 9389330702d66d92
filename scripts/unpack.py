import noncoding.common.interrupts  # noqa: F401 – before imports that take long
from noncoding.common.files import atomic_write, sha256
from noncoding.common.stage_logging import logged_stage
from noncoding.layout import SPLITS
from noncoding.stages.unpack import unpack

archive, output = snakemake.input.archive[0], snakemake.output
with logged_stage(snakemake.log[0], snakemake.input):
    wanted = [f"{split}.mat" for split in SPLITS]
    unpack(archive, dict(zip(wanted, output.mats, strict=True)))
    with atomic_write(output.digest) as [partial]:
        partial.write_text(f"{sha256(archive)}\n", encoding="utf-8")
