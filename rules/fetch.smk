rule fetch_file:
    input:
        simulated=simulated_source,
        code=code("fetch"),
    output:
        f"{RESULTS}/{{dataset}}/raw/{{file}}",
    log:
        f"{RESULTS}/{{dataset}}/logs/fetch/{{file}}.log",
    wildcard_constraints:
        file=one_of({name for dataset in config["datasets"] for name in downloads(dataset)}),
    conda:
        "../envs/noncoding.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=24 * 60,
    params:
        url=lambda wildcards: downloads(wildcards.dataset)[wildcards.file]["url"],
        sha256=lambda wildcards: downloads(wildcards.dataset)[wildcards.file].get("sha256"),
    script:
        "../scripts/fetch.py"
