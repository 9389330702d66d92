rule ensemble_model:
    input:
        members=models_of_ensemble,
        valid=store_of("valid"),
    output:
        outputs_of("ensemble"),
        unread_files("ensemble"),
    log:
        log_of("ensemble"),
    wildcard_constraints:
        model=one_of(ENSEMBLES),
    conda:
        "../envs/noncoding.yaml"
    threads: 16
    resources:
        gpu=1,
        mem_mb=scale_with_attempt(8000),
        runtime=scale_with_attempt(120),
    params:
        *code("ensemble"),
        average=lambda wildcards: ENSEMBLES[wildcards.model].average,
        # Derived from resources, so that a change, which affects no value, triggers no rerun.
        batch_size=lambda wildcards, resources: config["predict"]["batch_size"],
    script:
        "../scripts/ensemble.py"
