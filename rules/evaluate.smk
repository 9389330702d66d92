rule evaluate_model:
    input:
        predictions=path_of("predict", layout.PREDICTIONS),
        store=store_of("test"),
        # Counts of the training split. If the split changes, predictions do, too.
        targets=ancient(path_of("describe", layout.TARGETS)),
    output:
        outputs_of("evaluate", "Evaluation"),
    log:
        log_of("evaluate"),
    benchmark:
        benchmark_of("evaluate")
    conda:
        "../envs/noncoding.yaml"
    threads: 8
    resources:
        mem_mb=scale_with_attempt(8000),
        runtime=scale_with_attempt(120),
    params:
        *code("evaluate"),
        settings={key: value for key, value in config["evaluate"].items() if key != "genome_wide"},
        seed=config["seed"],
    script:
        "../scripts/evaluate.py"


rule evaluate_genome_wide_model:
    input:
        predictions=path_of("predict_genome_wide", layout.PREDICTIONS),
        store=path_of("tile_genome_wide", layout.GENOME_WIDE),
        test_store=store_of("test"),
    output:
        outputs_of("evaluate_genome_wide", "Genome-wide"),
    log:
        log_of("evaluate_genome_wide"),
    wildcard_constraints:
        dataset=one_of(GENOMES),
    conda:
        "../envs/noncoding.yaml"
    threads: 8
    resources:
        mem_mb=scale_with_attempt(8000),
        runtime=scale_with_attempt(120),
    params:
        *code("evaluate_genome_wide"),
    script:
        "../scripts/evaluate_genome_wide.py"
