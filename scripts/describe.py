from pathlib import Path

from noncoding.common.stage_logging import logged_stage
from noncoding.stages.describe import DescriptionOutputs, describe

with logged_stage(snakemake.log[0], snakemake.input):
    describe(
        {split: snakemake.input[split] for split in ("train", "valid", "test")},
        DescriptionOutputs(
            summary=Path(snakemake.output.summary),
            positives=snakemake.output.positives,
            labels=snakemake.output.labels,
            bases=snakemake.output.bases,
            prevalence=snakemake.output.prevalence,
        ),
    )
