rule convert_split:
    input:
        mat=f"{RESULTS}/{{dataset}}/raw/{{split}}.mat",
        archive=archive_of,
        targets=target_table,
        code=code("convert"),
    output:
        f"{RESULTS}/{{dataset}}/data/{{split}}.h5",
    log:
        f"{RESULTS}/{{dataset}}/logs/convert/{{split}}.log",
    wildcard_constraints:
        dataset=one_of(BUNDLES),
    conda:
        "../envs/noncoding.yaml"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=240,
    params:
        url=lambda wildcards: next(iter(published(wildcards.dataset).values())),
        window=dataset_key("window"),
        bin=dataset_key("bin"),
    script:
        "../scripts/convert.py"
