rule train_model:
    input:
        train=f"{RESULTS}/{{dataset}}/data/train.h5",
        valid=f"{RESULTS}/{{dataset}}/data/valid.h5",
        motifs=motifs_of_model,
        code=code("train"),
    output:
        # A training that fails leaves the model of the one before; the metrics, which it
        # does not leave, then say that there is something to be done.
        best=update(f"{RESULTS}/{{dataset}}/{{model}}/training/best.ckpt"),
        last=update(f"{RESULTS}/{{dataset}}/{{model}}/training/last.ckpt"),
        metrics=f"{RESULTS}/{{dataset}}/{{model}}/training/metrics.csv",
        curve=figure("{dataset}/{model}/training/learning_curve"),
        layers=f"{RESULTS}/{{dataset}}/{{model}}/training/layers.csv",
        layers_figure=figure("{dataset}/{model}/training/layers"),
        model=update(MODEL_FOLDER),
    log:
        f"{RESULTS}/{{dataset}}/{{model}}/logs/train.log",
    benchmark:
        f"{RESULTS}/{{dataset}}/{{model}}/logs/train.benchmark.tsv"
    conda:
        "../envs/noncoding.yaml"
    threads: 16
    resources:
        gpu=training_devices,
        mem_mb=16000,
        runtime=3 * 24 * 60,
    params:
        sizes=lambda wildcards: {
            key: size for key, size in config["models"][wildcards.model].items() if key != "train"
        },
        settings=training_settings,
        seed=config["seed"],
    script:
        "../scripts/train.py"
