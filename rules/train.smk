rule train_model:
    input:
        train=store_of("train"),
        valid=store_of("valid"),
        motifs=initial_motifs,
        # With one of these two, the test split is compared with the rows that it was trained on.
        earlier=files_of_given_model("start_from"),
        teacher=files_of_given_model("teacher"),
        test=split_to_compare,
    output:
        # A training that fails keeps the previous model and checkpoints. The tables are deleted
        # when it starts, so that Snakemake knows that the outputs are incomplete.
        path_of("train", f"training/{layout.METRICS_LOG}"),
        path_of("train", f"training/{layout.LAYERS_LOG}"),
        # Its files and not a directory, in which Snakemake notices no changed or deleted file.
        update(EXPORTED_MODEL),
        update(unread_files("train")),
    log:
        log_of("train"),
    benchmark:
        benchmark_of("train")
    wildcard_constraints:
        model=one_of([*SETTINGS.models, *TRAINED]),
    conda:
        "../envs/noncoding.yaml"
    threads: training_threads
    resources:
        gpu=training_gpus,
        tasks=training_tasks,
        tasks_per_gpu=1,
        nodes=lambda wildcards: training_settings(wildcards).num_nodes,
        cpus_per_task=lambda wildcards, threads: max(1, threads // training_devices(wildcards)),
        mem_mb=scale_with_attempt(TRAINING_MB),
        # The same for each attempt, since a training is resumed.
        runtime=3 * 24 * 60,
    params:
        *code("train"),
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
