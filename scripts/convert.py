from pathlib import Path

import noncoding.common.interrupts  # noqa: F401 – before imports that take long
from noncoding.common.files import sha256
from noncoding.common.stage_logging import logged_stage
from noncoding.data.targets import read_targets
from noncoding.stages.convert import convert

given, params, store = snakemake.input, snakemake.params, snakemake.output[0]
with logged_stage(snakemake.log[0], given):
    source = {"url": params.url}
    if given.digest:
        source["archive_sha256"] = Path(given.digest).read_text(encoding="utf-8").strip()
    else:
        source["mat_sha256"] = sha256(given.mat)
    context = {"targets": read_targets(given.targets, strip=True), "threads": snakemake.threads}
    convert(given.mat, store, source=source, **context, **params.options)
