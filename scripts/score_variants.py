from pathlib import Path

import noncoding.common.interrupts  # noqa: F401 – before imports that take long
from noncoding.common.stage_logging import logged_stage
from noncoding.settings.apply import FILES, VariantOptions
from noncoding.stages.score_variants import score_variants

given, params = snakemake.input, snakemake.params
main, *_, summary, figures = snakemake.output
with logged_stage(snakemake.log[0], given):
    files = {key: given.get(key) for key in FILES}
    options = VariantOptions(**params.options, **{key: path for key, path in files.items() if path})
    model = Path(given.model[0]).parent
    runtime = {"batch_size": params.batch_size, "seed": params.seed}
    score_variants(model, main, options, summary=summary, figures=figures, **runtime)
