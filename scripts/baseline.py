from pathlib import Path

from noncoding.common.stage_logging import logged_stage
from noncoding.stages.baseline import baseline

with logged_stage(snakemake.log[0], snakemake.input):
    baseline(
        snakemake.input.train_store,
        snakemake.input.store,
        Path(snakemake.output.targets).parent,
        motifs=snakemake.input.get("motifs") or None,
        k=snakemake.params.settings["kmer"],
        rows=snakemake.params.settings["rows"],
        flank=snakemake.params.settings["flank"],
        replicates=snakemake.params.replicates,
        seed=snakemake.params.seed,
        threads=snakemake.threads,
    )
