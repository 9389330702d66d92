rule motifs_model:
    input:
        model=MODEL_FOLDER,
        stores=expand(
            f"{RESULTS}/{{{{dataset}}}}/data/{{split}}.h5", split=["test", "valid", "train"]
        ),
        predictions=path_of("predict", "predictions.h5"),
        metrics=path_of("evaluate", layout.TARGETS),
        motifs=motifs_of_dataset,
        code=code("motifs"),
    output:
        [path_of("motifs", name) for name in layout.FILES["motifs"]],
        reported(
            directory(f"{RESULTS}/{layout.FOLDERS['motifs']}/figures"),
            "Motifs",
            patterns=["{figure}.svg"],
            labels={"data set": "{dataset}", "model": "{model}", "figure": "{figure}"},
        ),
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
