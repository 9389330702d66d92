rule evaluate_model:
    input:
        predictions=f"{RESULTS}/{{dataset}}/{{model}}/predictions.h5",
        store=f"{RESULTS}/{{dataset}}/data/test.h5",
        train_store=f"{RESULTS}/{{dataset}}/data/train.h5",
        code=code("evaluate"),
    output:
        targets=f"{RESULTS}/{{dataset}}/{{model}}/evaluation/targets.tsv",
        summary=f"{RESULTS}/{{dataset}}/{{model}}/evaluation/summary.json",
        replicates=f"{RESULTS}/{{dataset}}/{{model}}/evaluation/replicates.h5",
        groups=figure("{dataset}/{model}/evaluation/figures/metrics_by_group", "Evaluation"),
        prevalence=figure("{dataset}/{model}/evaluation/figures/auprc_by_prevalence", "Evaluation"),
        curves=figure("{dataset}/{model}/evaluation/figures/curves", "Evaluation"),
        calibration=figure("{dataset}/{model}/evaluation/figures/calibration", "Evaluation"),
        cooccurrence=figure("{dataset}/{model}/evaluation/figures/cooccurrence", "Evaluation"),
    log:
        f"{RESULTS}/{{dataset}}/{{model}}/logs/evaluate.log",
    conda:
        "../envs/noncoding.yaml"
    threads: 8
    resources:
        mem_mb=scale_with_attempt(8000),
        runtime=scale_with_attempt(120),
    params:
        settings=config["evaluate"],
        seed=config["seed"],
    script:
        "../scripts/evaluate.py"
