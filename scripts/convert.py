from noncoding.common.files import sha256
from noncoding.common.stage_logging import logged_stage
from noncoding.data.targets import read_targets
from noncoding.stages.convert import convert

archive = snakemake.input.archive
# A folder of .mat files has no digest of its own.
what, file = ("archive", archive[0]) if archive else ("mat", snakemake.input.mat)

with logged_stage(snakemake.log[0], snakemake.input):
    convert(
        snakemake.input.mat,
        snakemake.output[0],
        split=snakemake.wildcards.split,
        targets=read_targets(snakemake.input.targets, strip=True),
        window=snakemake.params.window,
        bin=snakemake.params.bin,
        verify=snakemake.params.verify,
        threads=snakemake.threads,
        source={
            "url": snakemake.params.url,
            f"{what}_sha256": sha256(file),
        },
    )
