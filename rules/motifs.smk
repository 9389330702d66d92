rule motifs_model:
    input:
        model=MODEL_FOLDER,
        stores=expand(
            f"{RESULTS}/{{{{dataset}}}}/data/{{split}}.h5", split=["test", "valid", "train"]
        ),
        predictions=f"{RESULTS}/{{dataset}}/{{model}}/predictions.h5",
        metrics=f"{RESULTS}/{{dataset}}/{{model}}/evaluation/targets.tsv",
        motifs=motifs_of_dataset,
        code=code("motifs"),
    output:
        patterns=f"{RESULTS}/{{dataset}}/{{model}}/motifs/patterns.tsv",
        motifs=f"{RESULTS}/{{dataset}}/{{model}}/motifs/patterns.meme",
        summary=f"{RESULTS}/{{dataset}}/{{model}}/motifs/summary.json",
        figures=reported(
            directory(f"{RESULTS}/{{dataset}}/{{model}}/motifs/figures"),
            "Motifs",
            patterns=["{figure}.svg"],
            labels={"data set": "{dataset}", "model": "{model}", "figure": "{figure}"},
        ),
    log:
        f"{RESULTS}/{{dataset}}/{{model}}/logs/motifs.log",
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
