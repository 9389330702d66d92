rule explain_model:
    input:
        model=MODEL_FOLDER,
        store=f"{RESULTS}/{{dataset}}/data/test.h5",
        predictions=f"{RESULTS}/{{dataset}}/{{model}}/predictions.h5",
        metrics=f"{RESULTS}/{{dataset}}/{{model}}/evaluation/targets.tsv",
        truth=planted_truth,
        code=code("explain"),
    output:
        targets=f"{RESULTS}/{{dataset}}/{{model}}/explain/targets.tsv",
        summary=f"{RESULTS}/{{dataset}}/{{model}}/explain/summary.json",
        faithfulness=f"{RESULTS}/{{dataset}}/{{model}}/explain/faithfulness.tsv",
        maps=f"{RESULTS}/{{dataset}}/{{model}}/explain/maps.h5",
        figures=directory(f"{RESULTS}/{{dataset}}/{{model}}/explain/figures"),
    log:
        f"{RESULTS}/{{dataset}}/{{model}}/logs/explain.log",
    conda:
        "../envs/noncoding.yaml"
    threads: 16
    resources:
        gpu=1,
        mem_mb=8000,
        runtime=240,
    params:
        settings=config["explain"],
    script:
        "../scripts/explain.py"
