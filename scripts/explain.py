from pathlib import Path

import noncoding.common.interrupts  # noqa: F401 – before imports that take long
from noncoding.common.stage_logging import logged_stage
from noncoding.settings.explain import ExplainSettings
from noncoding.stages.explain import explain

given, folder = snakemake.input, Path(snakemake.output[0]).parent
files = [given.store, given.predictions, given.metrics, given.baseline]
optional = {"truth": given.truth or None, "motifs": given.motifs or None}
with logged_stage(snakemake.log[0], given):
    settings = ExplainSettings(**snakemake.params.settings)
    explain(Path(given.model[0]).parent, *files, folder, settings, **optional)
