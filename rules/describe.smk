rule describe_dataset:
    input:
        train=path_of("tile", "train.h5"),
        valid=path_of("tile", "valid.h5"),
        test=path_of("tile", "test.h5"),
        code=code("describe"),
    output:
        outputs_of("describe", "Data"),
    log:
        log_of("describe"),
    conda:
        "../envs/noncoding.yaml"
    threads: 1
    resources:
        mem_mb=scale_with_attempt(4000),
        runtime=scale_with_attempt(60),
    script:
        "../scripts/describe.py"
