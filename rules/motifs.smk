rule motifs_model:
    input:
        model=EXPORTED_MODEL,
        test=store_of("test"),
        valid=store_of("valid"),
        train=store_of("train"),
        predictions=path_of("predict", layout.PREDICTIONS),
        metrics=path_of("evaluate", layout.TARGETS),
        motifs=known_motifs,
    output:
        outputs_of("motifs", "Motifs"),
    log:
        log_of("motifs"),
    conda:
        "../envs/noncoding.yaml"
    threads: 16
    resources:
        gpu=1,
        mem_mb=scale_with_attempt(8000),
        runtime=scale_with_attempt(120),
    params:
        *code("motifs"),
        model=lambda wildcards, input: os.path.dirname(input.model[0]),
        folder=lambda wildcards, output: os.path.dirname(output[0]),
        targets={key: config["explain"][key] for key in ("targets", "best", "best_per_group")},
        settings=config["motifs"],
    script:
        "../scripts/motifs.py"
