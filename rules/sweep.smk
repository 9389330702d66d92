rule sweep_all:
    input:
        summaries=of_models("evaluation/summary.json"),
        code=code("sweep"),
    output:
        runs=f"{RESULTS}/sweep/runs.tsv",
        models=f"{RESULTS}/sweep/models.tsv",
        figure=figure("sweep/figures/sweep", "Sweep"),
    log:
        f"{RESULTS}/sweep/logs/sweep.log",
    conda:
        "../envs/noncoding.yaml"
    threads: 1
    resources:
        mem_mb=scale_with_attempt(2000),
        runtime=scale_with_attempt(10),
    params:
        runs=SWEEP,
    script:
        "../scripts/sweep.py"
