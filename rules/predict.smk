rule predict_split:
    input:
        model=EXPORTED_MODEL,
        store=store_of("test"),
    output:
        outputs_of("predict"),
    log:
        log_of("predict"),
    benchmark:
        benchmark_of("predict")
    conda:
        "../envs/noncoding.yaml"
    threads: 16
    resources:
        gpu=1 if config["predict"]["devices"] == "auto" else config["predict"]["devices"],
        mem_mb=scale_with_attempt(8000),
        runtime=scale_with_attempt(240),
    params:
        *code("predict"),
        batch_size=config["predict"]["batch_size"],
        # Derived from resources, so that a change, which affects no value, triggers no rerun.
        devices=lambda wildcards, resources: config["predict"]["devices"],
    script:
        "../scripts/predict.py"


rule predict_genome_wide_bins:
    input:
        model=EXPORTED_MODEL,
        store=path_of("tile_genome_wide", layout.GENOME_WIDE),
    output:
        outputs_of("predict_genome_wide"),
    log:
        log_of("predict_genome_wide"),
    wildcard_constraints:
        dataset=one_of(GENOMES),
    conda:
        "../envs/noncoding.yaml"
    threads: 16
    resources:
        gpu=1 if config["predict"]["devices"] == "auto" else config["predict"]["devices"],
        mem_mb=scale_with_attempt(8000),
        runtime=scale_with_attempt(480),
    params:
        *code("predict_genome_wide"),
        batch_size=config["predict"]["batch_size"],
        devices=lambda wildcards, resources: config["predict"]["devices"],
    script:
        "../scripts/predict_genome_wide.py"
