from pathlib import Path

from noncoding.common.stage_logging import logged_stage
from noncoding.stages.report import report

folder = Path(snakemake.output[0]).parent
configuration = snakemake.params.configuration

with logged_stage(snakemake.log[0], snakemake.input):
    report(
        snakemake.wildcards.dataset,
        configuration,
        data=folder / "data",
        models={name: folder / name for name in snakemake.params.models},
        comparison=folder / "compare",
        page=snakemake.output[0],
    )
