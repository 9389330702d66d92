from pathlib import Path

import noncoding.common.interrupts  # noqa: F401 – before imports that take long
from noncoding.common.stage_logging import logged_stage
from noncoding.settings.apply import FILES, RegionOptions
from noncoding.stages.predict_regions import predict_regions

given, params = snakemake.input, snakemake.params
main, summary = snakemake.output
with logged_stage(snakemake.log[0], given):
    files = {key: given.get(key) for key in FILES}
    options = RegionOptions(**params.options, **{key: path for key, path in files.items() if path})
    model = Path(given.model[0]).parent
    predict_regions(model, main, options, batch_size=params.batch_size, summary=summary)
