# One rule for each format, since an annotated VCF has an index.
for format in layout.APPLIED["score_variants"]:

    rule:
        name:
            rule_of_format("score_variants", format)
        input:
            unpack(applied_files("score_variants")),
            model=EXPORTED_MODEL,
        output:
            applied_outputs("score_variants", format, "Variants"),
        log:
            log_of("score_variants"),
        wildcard_constraints:
            name=entries_of_format("score_variants", format),
        conda:
            "../envs/noncoding.yaml"
        threads: 16
        resources:
            gpu=1,
            mem_mb=scale_with_attempt(8000),
            runtime=scale_with_attempt(24 * 60),
        params:
            *code("score_variants"),
            options=applied_options("score_variants"),
            seed=background_seed,
            # Derived from resources, so that a change, which affects no value, triggers no rerun.
            batch_size=lambda wildcards, resources: config["predict"]["batch_size"],
        script:
            "../scripts/score_variants.py"
