from noncoding.common.stage_logging import logged_stage
from noncoding.stages.simulate import simulate

with logged_stage(snakemake.log[0], snakemake.input):
    simulate(
        archive=snakemake.output.archive,
        targets=snakemake.output.targets,
        truth=snakemake.output.truth,
        motifs=snakemake.output.motifs,
        loci=snakemake.params.loci,
        window=snakemake.params.window,
        prevalence=snakemake.params.prevalence,
        seed=snakemake.params.seed,
    )
