rule report_dataset:
    input:
        data=f"{RESULTS}/{{dataset}}/data/summary.json",
        data_figures=expand(
            f"{RESULTS}/{{{{dataset}}}}/data/figures/{{name}}.{{format}}",
            name=DATA_FIGURES,
            format=FORMATS,
        ),
        models=expand(
            f"{RESULTS}/{{{{dataset}}}}/{{model}}/model/{{name}}", model=MODELS, name=MODEL_FILES
        ),
        training=expand(f"{RESULTS}/{{{{dataset}}}}/{{model}}/training/metrics.csv", model=MODELS),
        training_figures=expand(
            f"{RESULTS}/{{{{dataset}}}}/{{model}}/training/{{name}}.{{format}}",
            model=MODELS,
            name=["learning_curve", "layers"],
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
            f"{RESULTS}/{{{{dataset}}}}/{{model}}/discover/{{name}}",
            model=MODELS,
            name=DISCOVERY,
        ),
        template=expand(
            os.path.relpath(Path(workflow.basedir, "noncoding", "report", "{name}")),
            name=["page.html", "explanation.html", "style.css", "table.js"],
        ),
        code=code("report"),
    output:
        f"{RESULTS}/{{dataset}}/report.html",
    log:
        f"{RESULTS}/{{dataset}}/logs/report.log",
    conda:
        "../envs/noncoding.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        # As a configuration that makes the page again.
        configuration=lambda wildcards: {
            "run": {"datasets": [wildcards.dataset], "models": MODELS},
            "seed": config["seed"],
            "datasets": {wildcards.dataset: config["datasets"][wildcards.dataset]},
            "models": {name: config["models"][name] for name in MODELS},
            **{
                stage: config[stage]
                for stage in (
                    "train",
                    "predict",
                    "baseline",
                    "evaluate",
                    "explain",
                    "discover",
                )
            },
        },
    script:
        "../scripts/report.py"
