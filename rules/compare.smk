rule compare_dataset:
    input:
        evaluations=expand(path_of("evaluate", layout.TARGETS), model=MODELS, allow_missing=True),
        replicates=expand(path_of("evaluate", layout.REPLICATES), model=MODELS, allow_missing=True),
        baselines=outputs_of("baseline"),
        store=store_of("test"),
    output:
        outputs_of("compare", "Comparison"),
    log:
        log_of("compare"),
    conda:
        "../envs/noncoding.yaml"
    threads: 1
    resources:
        mem_mb=scale_with_attempt(4000),
        runtime=scale_with_attempt(30),
    params:
        *code("compare"),
        min_positives=config["evaluate"]["min_positives"],
    script:
        "../scripts/compare.py"
