rule motifs_model:
    input:
        model=MODEL_FOLDER,
        stores=[store_of(split) for split in ("test", "valid", "train")],
        predictions=path_of("predict", "predictions.h5"),
        metrics=path_of("evaluate", layout.TARGETS),
        motifs=known_motifs,
        code=code("motifs"),
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
        targets={key: config["explain"][key] for key in ("targets", "best", "best_per_group")},
        settings=config["motifs"],
    script:
        "../scripts/motifs.py"
