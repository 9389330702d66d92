rule baseline_dataset:
    input:
        train_store=f"{RESULTS}/{{dataset}}/data/train.h5",
        store=f"{RESULTS}/{{dataset}}/data/test.h5",
        motifs=motifs_of_dataset,
        code=code("baseline"),
    output:
        f"{RESULTS}/{{dataset}}/baseline/targets.tsv",
    log:
        f"{RESULTS}/{{dataset}}/logs/baseline.log",
    conda:
        "../envs/noncoding.yaml"
    threads: 8
    resources:
        mem_mb=growing(8000),
        runtime=growing(240),
    params:
        settings=config["baseline"],
        seed=config["seed"],
    script:
        "../scripts/baseline.py"
