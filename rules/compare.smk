rule compare_dataset:
    input:
        models=expand(f"{RESULTS}/{{{{dataset}}}}/{{model}}/evaluation/targets.tsv", model=MODELS),
        replicates=expand(
            f"{RESULTS}/{{{{dataset}}}}/{{model}}/evaluation/replicates.h5", model=MODELS
        ),
        baselines=f"{RESULTS}/{{dataset}}/baseline/targets.tsv",
        baseline_replicates=expand(
            f"{RESULTS}/{{{{dataset}}}}/baseline/replicates/{{name}}.h5", name=BASELINES
        ),
        store=f"{RESULTS}/{{dataset}}/data/test.h5",
        code=code("compare"),
    output:
        targets=f"{RESULTS}/{{dataset}}/compare/targets.tsv",
        ranking=f"{RESULTS}/{{dataset}}/compare/ranking.tsv",
        pairs=f"{RESULTS}/{{dataset}}/compare/pairs.tsv",
        summary=f"{RESULTS}/{{dataset}}/compare/summary.json",
        ranking_figure=figure("{dataset}/compare/figures/ranking", "Comparison"),
        versus_figure=figure("{dataset}/compare/figures/versus", "Comparison"),
    log:
        f"{RESULTS}/{{dataset}}/logs/compare.log",
    conda:
        "../envs/noncoding.yaml"
    threads: 1
    resources:
        mem_mb=scale_with_attempt(4000),
        runtime=scale_with_attempt(30),
    params:
        min_positives=config["evaluate"]["min_positives"],
    script:
        "../scripts/compare.py"
