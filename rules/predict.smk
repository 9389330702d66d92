rule predict_split:
    input:
        model=EXPORTED_MODEL,
        store=store_of("test"),
    output:
        outputs_of("predict"),
    log:
        log_of("predict"),
    conda:
        "../envs/noncoding.yaml"
    threads: 16
    resources:
        gpu=1 if config["predict"]["devices"] == "auto" else config["predict"]["devices"],
        mem_mb=scale_with_attempt(8000),
        runtime=scale_with_attempt(240),
    params:
        *code("predict"),
        batch_size=config["predict"]["batch_size"],
        # Derived from resources, so that a change, which affects no value, triggers no rerun.
        devices=lambda wildcards, resources: config["predict"]["devices"],
    script:
        "../scripts/predict.py"
