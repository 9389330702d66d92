from pathlib import Path

from noncoding.common.stage_logging import logged_stage
from noncoding.stages.compare import ComparisonOutputs, compare

with logged_stage(snakemake.log[0], snakemake.input):
    compare(
        {
            # results/{dataset}/{model}/evaluation
            Path(path).parents[1].name: Path(path).parent
            for path in snakemake.input.models
        },
        Path(snakemake.input.baselines).parent,
        snakemake.input.store,
        min_positives=snakemake.params.min_positives,
        outputs=ComparisonOutputs(
            targets=Path(snakemake.output.targets),
            ranking=Path(snakemake.output.ranking),
            pairs=Path(snakemake.output.pairs),
            summary=Path(snakemake.output.summary),
            ranking_figure=snakemake.output.ranking_figure,
            versus_figure=snakemake.output.versus_figure,
        ),
    )
