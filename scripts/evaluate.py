from pathlib import Path

from noncoding.common.stage_logging import logged_stage
from noncoding.stages.evaluate import EvaluationOutputs, evaluate

with logged_stage(snakemake.log[0], snakemake.input):
    evaluate(
        snakemake.input.predictions,
        snakemake.input.store,
        snakemake.input.train_store,
        min_positives=snakemake.params.settings["min_positives"],
        targets=snakemake.params.settings["curves"],
        replicates=snakemake.params.settings["replicates"],
        seed=snakemake.params.seed,
        outputs=EvaluationOutputs(
            targets=Path(snakemake.output.targets),
            summary=Path(snakemake.output.summary),
            replicates=Path(snakemake.output.replicates),
            groups=snakemake.output.groups,
            prevalence=snakemake.output.prevalence,
            curves=snakemake.output.curves,
            calibration=snakemake.output.calibration,
            cooccurrence=snakemake.output.cooccurrence,
        ),
        threads=snakemake.threads,
    )
