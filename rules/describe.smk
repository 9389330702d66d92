rule describe_dataset:
    input:
        train=store_of("train"),
        valid=store_of("valid"),
        test=store_of("test"),
    output:
        outputs_of("describe", "Data"),
    log:
        log_of("describe"),
    benchmark:
        benchmark_of("describe")
    conda:
        "../envs/noncoding.yaml"
    threads: 1
    resources:
        mem_mb=scale_with_attempt(4000),
        runtime=scale_with_attempt(60),
    params:
        *code("describe"),
    script:
        "../scripts/describe.py"
