from pathlib import Path

from noncoding.common.stage_logging import logged_stage
from noncoding.stages.sweep import Run, SweepOutputs, sweep

with logged_stage(snakemake.log[0], snakemake.input):
    sweep(
        [
            Run(*run, summary)
            for run, summary in zip(snakemake.params.runs, snakemake.input.summaries, strict=True)
        ],
        SweepOutputs(
            Path(snakemake.output.runs),
            Path(snakemake.output.models),
            [Path(path) for path in snakemake.output.figure],
        ),
    )
