rule train_model:
    input:
        train=f"{RESULTS}/{{dataset}}/data/train.h5",
        valid=f"{RESULTS}/{{dataset}}/data/valid.h5",
        motifs=initial_motifs,
        code=code("train"),
    output:
        # A training that fails leaves the model of the one before; the metrics, which it
        # does not leave, then say that there is something to be done.
        best=update(f"{RESULTS}/{{dataset}}/{{model}}/training/best.ckpt"),
        last=update(f"{RESULTS}/{{dataset}}/{{model}}/training/last.ckpt"),
        metrics=f"{RESULTS}/{{dataset}}/{{model}}/training/metrics.csv",
        curve=figure("{dataset}/{model}/training/learning_curve", "Training"),
        layers=f"{RESULTS}/{{dataset}}/{{model}}/training/layers.csv",
        layers_figure=figure("{dataset}/{model}/training/layers", "Training"),
        model=update(MODEL_FOLDER),
    log:
        f"{RESULTS}/{{dataset}}/{{model}}/logs/train.log",
    benchmark:
        f"{RESULTS}/{{dataset}}/{{model}}/logs/train.benchmark.tsv"
    conda:
        "../envs/noncoding.yaml"
    threads: 16
    resources:
        gpu=training_tasks,
        tasks=training_tasks,
        tasks_per_gpu=1,
        nodes=training_nodes,
        cpus_per_task=lambda wildcards, threads: max(1, threads // training_devices(wildcards)),
        mem_mb=scale_with_attempt(16000),
        # No more for a second attempt, which goes on where the first one was.
        runtime=3 * 24 * 60,
    params:
        sizes=lambda wildcards: {
            key: size
            for key, size in config["models"][named_model(wildcards)[0]].items()
            if key != "train"
        },
        settings=training_settings,
        seed=lambda wildcards: named_model(wildcards)[1],
    script:
        "../scripts/train.py"
