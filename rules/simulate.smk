rule simulate_bundle:
    output:
        outputs_of("simulate"),
    log:
        log_of("simulate"),
    wildcard_constraints:
        dataset=one_of(SIMULATED),
    conda:
        "../envs/noncoding.yaml"
    threads: 1
    resources:
        mem_mb=scale_with_attempt(2000),
        runtime=scale_with_attempt(10),
    params:
        *code("simulate"),
        loci=lambda wildcards: config["datasets"][wildcards.dataset]["loci"],
        window=lambda wildcards: config["datasets"][wildcards.dataset]["window"],
        prevalence=lambda wildcards: config["datasets"][wildcards.dataset]["prevalence"],
        seed=config["seed"],
    script:
        "../scripts/simulate.py"
