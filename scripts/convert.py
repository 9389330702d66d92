from noncoding.common.files import sha256
from noncoding.common.stage_logging import logged_stage
from noncoding.data.targets import read_targets
from noncoding.stages.convert import convert

mat, store, archive = snakemake.input.mat, snakemake.output[0], snakemake.input.archive
with logged_stage(snakemake.log[0], snakemake.input):
    targets = read_targets(snakemake.input.targets, strip=True)
    digest = {"archive_sha256": sha256(*archive)} if archive else {"mat_sha256": sha256(mat)}
    source = {"url": snakemake.params.url, **digest}
    options = snakemake.params.options
    convert(mat, store, targets=targets, source=source, threads=snakemake.threads, **options)
