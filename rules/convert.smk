rule convert_split:
    input:
        mat=lambda wildcards: mat_of(wildcards.dataset, wildcards.split),
        archive=archive_of,
        targets=target_table,
        code=code("convert"),
    output:
        f"{RESULTS}/{{dataset}}/data/{{split}}.h5",
    log:
        f"{RESULTS}/{{dataset}}/logs/convert/{{split}}.log",
    wildcard_constraints:
        dataset=one_of(BUNDLES),
    cache: "omit-software"
    conda:
        "../envs/noncoding.yaml"
    threads: 8
    resources:
        mem_mb=scale_with_attempt(5000),
        runtime=scale_with_attempt(240),
    params:
        # A cache between workflows tells the splits apart by it: their inputs are of one job.
        split=lambda wildcards: wildcards.split,
        url=bundle_url,
        window=dataset_key("window"),
        bin=dataset_key("bin"),
        verify=lambda wildcards: config["datasets"][wildcards.dataset].get("verify") or "off",
    script:
        "../scripts/convert.py"
