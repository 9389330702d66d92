rule train_model:
    input:
        train=store_of("train"),
        valid=store_of("valid"),
        motifs=initial_motifs,
        code=code("train"),
    output:
        # A training that fails keeps the previous checkpoints and model. It deletes the
        # tables, so that Snakemake knows that the outputs are incomplete.
        update(path_of("train", "training/best.ckpt")),
        update(path_of("train", "training/last.ckpt")),
        path_of("train", "training/metrics.csv"),
        path_of("train", "training/layers.csv"),
        update(MODEL_FOLDER),
    log:
        log_of("train"),
    benchmark:
        f"{RESULTS}/{{dataset}}/{{model}}/logs/train.benchmark.tsv"
    conda:
        "../envs/noncoding.yaml"
    threads: 16
    resources:
        gpu=training_tasks,
        tasks=training_tasks,
        tasks_per_gpu=1,
        nodes=lambda wildcards: training_settings(wildcards).num_nodes,
        cpus_per_task=lambda wildcards, threads: max(1, threads // training_devices(wildcards)),
        mem_mb=scale_with_attempt(16000),
        # The same for each attempt, since a training is resumed.
        runtime=3 * 24 * 60,
    params:
        network=lambda wildcards: {
            key: size
            for key, size in config["models"][trained(wildcards)[0]].items()
            if key != "train"
        },
        settings=lambda wildcards: training_settings(wildcards).dump(),
        seed=lambda wildcards: trained(wildcards)[1],
        # These change no result: parameters that depend on resources do not trigger a rerun.
        runtime=lambda wildcards, resources: {
            key: config["train"][key] for key in RuntimeOptions.model_fields
        },
        load=lambda wildcards, resources: config["load"],
    script:
        "../scripts/train.py"
