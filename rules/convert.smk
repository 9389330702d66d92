rule convert_split:
    input:
        mat=lambda wildcards: mat_of(wildcards.dataset, wildcards.split),
        # Not the archive itself, which each job would retrieve from object storage.
        digest=archive_digest,
        targets=target_table,
    output:
        outputs_of("convert"),
    log:
        log_of("convert"),
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
        # Named: Snakemake's cache cannot sort parameters with and without names.
        code=code("convert"),
        url=bundle_url,
        # A cache between workflows distinguishes the splits by it: one job makes their inputs.
        options=lambda wildcards: {
            "split": wildcards.split,
            "window": config["datasets"][wildcards.dataset]["window"],
            "bin": config["datasets"][wildcards.dataset]["bin"],
            "verify": config["datasets"][wildcards.dataset].get("verify") or "off",
        },
    script:
        "../scripts/convert.py"
