rule explain_model:
    input:
        model=EXPORTED_MODEL,
        store=store_of("test"),
        predictions=path_of("predict", layout.PREDICTIONS),
        metrics=path_of("evaluate", layout.TARGETS),
        baseline=path_of("baseline", layout.TARGETS),
        motifs=known_motifs,
        truth=planted_motifs,
        fasta=explained_fasta,
    output:
        outputs_of("explain", "Explanation"),
    log:
        log_of("explain"),
    conda:
        "../envs/noncoding.yaml"
    threads: 16
    resources:
        gpu=1,
        mem_mb=scale_with_attempt(8000),
        runtime=scale_with_attempt(240),
    params:
        *code("explain"),
        settings=config["explain"],
    script:
        "../scripts/explain.py"
