rule baseline_dataset:
    input:
        train_store=f"{RESULTS}/{{dataset}}/data/train.h5",
        store=f"{RESULTS}/{{dataset}}/data/test.h5",
        motifs=motifs_of_dataset,
        code=code("baseline"),
    output:
        targets=f"{RESULTS}/{{dataset}}/baseline/targets.tsv",
        replicates=expand(
            f"{RESULTS}/{{{{dataset}}}}/baseline/replicates/{{name}}.h5", name=BASELINES
        ),
    log:
        f"{RESULTS}/{{dataset}}/logs/baseline.log",
    conda:
        "../envs/noncoding.yaml"
    threads: 8
    resources:
        mem_mb=scale_with_attempt(8000),
        runtime=scale_with_attempt(240),
    params:
        settings=config["baseline"],
        replicates=config["evaluate"]["replicates"],
        seed=config["seed"],
    script:
        "../scripts/baseline.py"
