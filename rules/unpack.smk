rule unpack_bundle:
    input:
        archive=archive_of,
        code=code("unpack"),
    output:
        train=temp(f"{RESULTS}/{{dataset}}/raw/train.mat"),
        valid=temp(f"{RESULTS}/{{dataset}}/raw/valid.mat"),
        test=temp(f"{RESULTS}/{{dataset}}/raw/test.mat"),
    log:
        f"{RESULTS}/{{dataset}}/logs/unpack.log",
    wildcard_constraints:
        dataset=one_of(PACKED),
    conda:
        "../envs/noncoding.yaml"
    threads: 1
    resources:
        mem_mb=scale_with_attempt(1000),
        runtime=scale_with_attempt(60),
    script:
        "../scripts/unpack.py"
