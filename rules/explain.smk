rule explain_model:
    input:
        model=MODEL_FOLDER,
        store=f"{RESULTS}/{{dataset}}/data/test.h5",
        predictions=f"{RESULTS}/{{dataset}}/{{model}}/predictions.h5",
        metrics=f"{RESULTS}/{{dataset}}/{{model}}/evaluation/targets.tsv",
        baseline=f"{RESULTS}/{{dataset}}/baseline/targets.tsv",
        motifs=motifs_of_dataset,
        truth=planted_truth,
        fasta=explained_fasta,
        code=code("explain"),
    output:
        targets=f"{RESULTS}/{{dataset}}/{{model}}/explain/targets.tsv",
        summary=f"{RESULTS}/{{dataset}}/{{model}}/explain/summary.json",
        faithfulness=f"{RESULTS}/{{dataset}}/{{model}}/explain/faithfulness.tsv",
        curves=f"{RESULTS}/{{dataset}}/{{model}}/explain/curves.tsv",
        maps=f"{RESULTS}/{{dataset}}/{{model}}/explain/maps.h5",
        figures=reported(
            directory(f"{RESULTS}/{{dataset}}/{{model}}/explain/figures"),
            "Explanation",
            patterns=["{figure}.svg"],
            labels={"data set": "{dataset}", "model": "{model}", "figure": "{figure}"},
        ),
        tracks=directory(f"{RESULTS}/{{dataset}}/{{model}}/explain/tracks"),
    log:
        f"{RESULTS}/{{dataset}}/{{model}}/logs/explain.log",
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
