rule simulate_bundle:
    input:
        code=code("simulate"),
    output:
        archive=f"{RESULTS}/{{dataset}}/simulated/bundle.tar.gz",
        targets=f"{RESULTS}/{{dataset}}/simulated/targets.tsv",
        truth=f"{RESULTS}/{{dataset}}/simulated/truth.tsv",
        motifs=f"{RESULTS}/{{dataset}}/simulated/motifs.meme",
    log:
        f"{RESULTS}/{{dataset}}/logs/simulate.log",
    wildcard_constraints:
        dataset=one_of(SIMULATED),
    conda:
        "../envs/noncoding.yaml"
    threads: 1
    resources:
        mem_mb=scale_with_attempt(2000),
        runtime=scale_with_attempt(10),
    params:
        loci=dataset_key("loci"),
        window=dataset_key("window"),
        prevalence=dataset_key("prevalence"),
        seed=config["seed"],
    script:
        "../scripts/simulate.py"
