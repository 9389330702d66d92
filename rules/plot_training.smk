rule plot_training_model:
    input:
        metrics=path_of("train", f"training/{layout.METRICS_LOG}"),
        layers=path_of("train", f"training/{layout.LAYERS_LOG}"),
    output:
        outputs_of("plot_training", "Training"),
    log:
        log_of("plot_training"),
    conda:
        "../envs/noncoding.yaml"
    threads: 1
    resources:
        mem_mb=scale_with_attempt(2000),
        runtime=scale_with_attempt(10),
    params:
        *code("plot_training"),
    script:
        "../scripts/plot_training.py"
