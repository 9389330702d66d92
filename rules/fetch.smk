# No `retries`: the library tries again itself, as long as that may help, and then says what is
# wrong. Another attempt of Snakemake would only say it later.
rule fetch_file:
    input:
        simulated=simulated_source,
        code=code("fetch"),
    output:
        f"{RESULTS}/{{dataset}}/raw/{{file}}",
    log:
        f"{RESULTS}/{{dataset}}/logs/fetch/{{file}}.log",
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
        url=lambda wildcards: published(wildcards.dataset)[wildcards.file],
        sha256=lambda wildcards: fetched(wildcards.dataset)[wildcards.file].get("sha256"),
    script:
        "../scripts/fetch.py"
