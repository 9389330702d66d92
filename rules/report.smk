rule report_dataset:
    input:
        results=[
            path
            for stage in (
                "describe",
                "train",
                "plot_training",
                "ensemble",
                "evaluate",
                "compare",
                "explain",
                "motifs",
            )
            for output in layout.outputs(stage)
            if not output.endswith((".h5", ".safetensors"))  # linked, not read
            for path in expand(f"{RESULTS}/{output}", model=on_page(stage), allow_missing=True)
        ],
        genome_wide=genome_wide_results,
        applied=applied_results,
    output:
        reported(path_of("report", layout.REPORT), "Page", labels={"data set": "{dataset}"}),
    log:
        log_of("report"),
    conda:
        "../envs/noncoding.yaml"
    threads: 1
    resources:
        mem_mb=scale_with_attempt(2000),
        runtime=scale_with_attempt(10),
    params:
        *code("report"),
        models=MODELS,
        genome_wide=lambda wildcards: wildcards.dataset in GENOME_WIDE,
        applied=applied_models,
        # Reproduces the page, given files of the same names.
        configuration=lambda wildcards: shareable(
            {
                "run": config["run"] | {"datasets": [wildcards.dataset]},
                "seed": config["seed"],
                "datasets": {wildcards.dataset: config["datasets"][wildcards.dataset]},
                "models": {
                    name: config["models"][name]
                    for name in dict.fromkeys(trained.model for trained in TRAINED.values())
                },
                **{
                    section: config[section]
                    for section in (
                        "train",
                        "predict",
                        "baseline",
                        "evaluate",
                        "explain",
                        "motifs",
                    )
                },
                **applied_section(wildcards),
            }
        ),
    script:
        "../scripts/report.py"
