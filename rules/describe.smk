rule describe_dataset:
    input:
        train=f"{RESULTS}/{{dataset}}/data/train.h5",
        valid=f"{RESULTS}/{{dataset}}/data/valid.h5",
        test=f"{RESULTS}/{{dataset}}/data/test.h5",
        code=code("describe"),
    output:
        summary=f"{RESULTS}/{{dataset}}/data/summary.json",
        positives=figure("{dataset}/data/figures/positives_per_target", "Data"),
        labels=figure("{dataset}/data/figures/labels_per_row", "Data"),
        bases=figure("{dataset}/data/figures/base_composition", "Data"),
        prevalence=figure("{dataset}/data/figures/prevalence_by_split", "Data"),
    log:
        f"{RESULTS}/{{dataset}}/logs/describe.log",
    conda:
        "../envs/noncoding.yaml"
    threads: 1
    resources:
        mem_mb=scale_with_attempt(4000),
        runtime=scale_with_attempt(60),
    script:
        "../scripts/describe.py"
