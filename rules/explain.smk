rule explain_model:
    input:
        model=MODEL_FOLDER,
        store=f"{RESULTS}/{{dataset}}/data/test.h5",
        predictions=path_of("predict", "predictions.h5"),
        metrics=path_of("evaluate", layout.TARGETS),
        baseline=path_of("baseline", layout.TARGETS),
        motifs=motifs_of_dataset,
        truth=planted_truth,
        fasta=explained_fasta,
        code=code("explain"),
    output:
        [path_of("explain", name) for name in layout.FILES["explain"]],
        reported(
            directory(f"{RESULTS}/{layout.FOLDERS['explain']}/figures"),
            "Explanation",
            patterns=["{figure}.svg"],
            labels={"data set": "{dataset}", "model": "{model}", "figure": "{figure}"},
        ),
        directory(f"{RESULTS}/{layout.FOLDERS['explain']}/{layout.TRACKS}"),
    log:
        log_of("explain"),
    conda:
        "../envs/noncoding.yaml"
    threads: 16
    resources:
        gpu=1,
        mem_mb=scale_with_attempt(8000),
        runtime=scale_with_attempt(240),
    params:
        settings=config["explain"],
    script:
        "../scripts/explain.py"
