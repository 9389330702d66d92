# No `retries`: the stage itself retries where that may help.
rule fetch_file:
    input:
        simulated=simulated_source,
    output:
        outputs_of("fetch"),
    log:
        log_of("fetch"),
    wildcard_constraints:
        file=one_of({name for dataset in config["datasets"] for name in fetched(dataset)}),
    cache: "omit-software"
    conda:
        "../envs/noncoding.yaml"
    threads: 1
    resources:
        mem_mb=scale_with_attempt(1000),
        runtime=scale_with_attempt(24 * 60),
    params:
        # Named: Snakemake's cache cannot sort parameters with and without names.
        code=code("fetch"),
        url=lambda wildcards: published(wildcards.dataset)[wildcards.file],
        sha256=lambda wildcards: fetched(wildcards.dataset)[wildcards.file].get("sha256"),
        # These do not identify the file: parameters that depend on resources trigger no rerun.
        addresses=addresses,
        mirror=lambda wildcards, resources: config["mirror"],
        disk_gib=lambda wildcards, resources: config["datasets"][wildcards.dataset].get("disk_gib"),
    script:
        "../scripts/fetch.py"
