import noncoding.common.interrupts  # noqa: F401 – before imports that take long
from noncoding.common.files import sha256
from noncoding.common.stage_logging import logged_stage
from noncoding.data.targets import read_targets
from noncoding.stages.convert import convert

given, params, store = snakemake.input, snakemake.params, snakemake.output[0]
with logged_stage(snakemake.log[0], given):
    kind, files = ("archive", given.archive) if given.archive else ("mat", [given.mat])
    source = {"url": params.url, f"{kind}_sha256": sha256(*files)}
    context = {"targets": read_targets(given.targets, strip=True), "threads": snakemake.threads}
    convert(given.mat, store, source=source, **context, **params.options)
