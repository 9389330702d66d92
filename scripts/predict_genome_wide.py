from pathlib import Path

import noncoding.common.interrupts  # noqa: F401 – before imports that take long
from noncoding.common.stage_logging import logged_stage
from noncoding.settings.predict import PredictSettings
from noncoding.stages.predict import predict

model, folder = (Path(paths[0]).parent for paths in (snakemake.input.model, snakemake.output))
with logged_stage(snakemake.log[0], snakemake.input):
    predict(model, snakemake.input.store, folder, PredictSettings(**snakemake.params))
