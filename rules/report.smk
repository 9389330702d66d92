rule report_dataset:
    input:
        data=f"{RESULTS}/{{dataset}}/data/summary.json",
        data_figures=expand(
            f"{RESULTS}/{{{{dataset}}}}/data/figures/{{name}}.{{format}}",
            name=DATA_FIGURES,
            format=FORMATS,
        ),
        models=expand(
            f"{RESULTS}/{{{{dataset}}}}/{{model}}/model/{{name}}",
            model=MODELS,
            name=MODEL_FILES,
        ),
        training=expand(f"{RESULTS}/{{{{dataset}}}}/{{model}}/training/metrics.csv", model=MODELS),
        training_figures=expand(
            f"{RESULTS}/{{{{dataset}}}}/{{model}}/training/figures/{{name}}.{{format}}",
            model=MODELS,
            name=layout.FIGURES["plot_training"],
            format=FORMATS,
        ),
        evaluation=expand(
            f"{RESULTS}/{{{{dataset}}}}/{{model}}/evaluation/{{name}}",
            model=MODELS,
            name=["targets.tsv", "summary.json"],
        ),
        evaluation_figures=expand(
            f"{RESULTS}/{{{{dataset}}}}/{{model}}/evaluation/figures/{{name}}.{{format}}",
            model=MODELS,
            name=EVALUATION_FIGURES,
            format=FORMATS,
        ),
        comparison=expand(
            f"{RESULTS}/{{{{dataset}}}}/compare/{{name}}",
            name=["targets.tsv", "ranking.tsv", "pairs.tsv", "summary.json"],
        ),
        comparison_figures=expand(
            f"{RESULTS}/{{{{dataset}}}}/compare/figures/{{name}}.{{format}}",
            name=COMPARISON_FIGURES,
            format=FORMATS,
        ),
        explanation=expand(
            f"{RESULTS}/{{{{dataset}}}}/{{model}}/explain/{{name}}",
            model=MODELS,
            name=EXPLANATION,
        ),
        discovery=expand(
            f"{RESULTS}/{{{{dataset}}}}/{{model}}/motifs/{{name}}",
            model=MODELS,
            name=DISCOVERY,
        ),
        template=[
            workflow_path(Path(BASE, "noncoding", "report", name))
            for name in ("page.html", "explanation.html", "style.css", "table.js")
        ],
        code=code("report"),
    output:
        reported(f"{RESULTS}/{{dataset}}/report.html", "Page", labels={"data set": "{dataset}"}),
    log:
        f"{RESULTS}/{{dataset}}/logs/report.log",
    conda:
        "../envs/noncoding.yaml"
    threads: 1
    resources:
        mem_mb=scale_with_attempt(2000),
        runtime=scale_with_attempt(10),
    params:
        models=MODELS,
        # As a configuration that makes the page again, from files of the same names.
        configuration=lambda wildcards: shareable(
            {
                "run": config["run"] | {"datasets": [wildcards.dataset]},
                "seed": config["seed"],
                "datasets": {wildcards.dataset: config["datasets"][wildcards.dataset]},
                "models": {name: config["models"][name] for name in config["run"]["models"]},
                **{
                    stage: config[stage]
                    for stage in (
                        "train",
                        "predict",
                        "baseline",
                        "evaluate",
                        "explain",
                        "motifs",
                    )
                },
            }
        ),
    script:
        "../scripts/report.py"
