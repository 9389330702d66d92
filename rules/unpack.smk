rule unpack_bundle:
    input:
        archive=archive_of,
    output:
        mats=temp([path_of("unpack", f"{split}.mat") for split in SPLITS]),
        digest=path_of("unpack", layout.ARCHIVE_DIGEST),
    log:
        log_of("unpack"),
    wildcard_constraints:
        dataset=one_of(PACKED),
    conda:
        "../envs/noncoding.yaml"
    threads: 1
    resources:
        mem_mb=scale_with_attempt(1000),
        runtime=scale_with_attempt(60),
    params:
        *code("unpack"),
    script:
        "../scripts/unpack.py"
