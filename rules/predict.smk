rule predict_split:
    input:
        model=MODEL_FOLDER,
        store=f"{RESULTS}/{{dataset}}/data/test.h5",
        code=code("predict"),
    output:
        f"{RESULTS}/{{dataset}}/{{model}}/predictions.h5",
    log:
        f"{RESULTS}/{{dataset}}/{{model}}/logs/predict.log",
    params:
        batch_size=config["predict"]["batch_size"],
    threads: 16
    resources:
        gpu=1,
        mem_mb=8000,
        runtime=240,
    conda:
        "../envs/noncoding.yaml"
    script:
        "../scripts/predict.py"
