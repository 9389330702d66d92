rule baseline_dataset:
    input:
        train_store=store_of("train"),
        store=store_of("test"),
        motifs=known_motifs,
    output:
        outputs_of("baseline"),
    log:
        log_of("baseline"),
    benchmark:
        benchmark_of("baseline")
    conda:
        "../envs/noncoding.yaml"
    threads: 8
    resources:
        mem_mb=scale_with_attempt(8000),
        runtime=scale_with_attempt(240),
    params:
        *code("baseline"),
        settings=config["baseline"],
        replicates=config["evaluate"]["replicates"],
        seed=config["seed"],
    script:
        "../scripts/baseline.py"
