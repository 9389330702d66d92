# Single models; an ensemble has no seed.
SEEDED = [model for model in MODELS if model in TRAINED]


rule sweep_all:
    input:
        summaries=expand(path_of("evaluate", layout.SUMMARY), dataset=DATASETS, model=SEEDED),
    output:
        outputs_of("sweep", "Sweep"),
    log:
        log_of("sweep"),
    conda:
        "../envs/noncoding.yaml"
    threads: 1
    resources:
        mem_mb=scale_with_attempt(2000),
        runtime=scale_with_attempt(10),
    params:
        *code("sweep"),
        # Data set, model and seed of each summary.
        runs=[(dataset, *TRAINED[model]) for dataset in DATASETS for model in SEEDED],
    script:
        "../scripts/sweep.py"
