rule predict_split:
    input:
        model=MODEL_FOLDER,
        store=f"{RESULTS}/{{dataset}}/data/test.h5",
        code=code("predict"),
    output:
        f"{RESULTS}/{{dataset}}/{{model}}/predictions.h5",
    log:
        f"{RESULTS}/{{dataset}}/{{model}}/logs/predict.log",
    conda:
        "../envs/noncoding.yaml"
    threads: 16
    resources:
        gpu=1 if config["predict"]["devices"] == "auto" else config["predict"]["devices"],
        mem_mb=scale_with_attempt(8000),
        runtime=scale_with_attempt(240),
    params:
        batch_size=config["predict"]["batch_size"],
    script:
        "../scripts/predict.py"
