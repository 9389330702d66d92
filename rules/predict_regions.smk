# One rule for each format, since a folder and files are outputs of different kinds.
for format in layout.APPLIED["predict_regions"]:

    rule:
        name:
            rule_of_format("predict_regions", format)
        input:
            unpack(applied_files("predict_regions")),
            model=EXPORTED_MODEL,
        output:
            applied_outputs("predict_regions", format),
        log:
            log_of("predict_regions"),
        wildcard_constraints:
            name=entries_of_format("predict_regions", format),
        conda:
            "../envs/noncoding.yaml"
        threads: 16
        resources:
            gpu=1,
            mem_mb=scale_with_attempt(8000),
            runtime=scale_with_attempt(24 * 60),
        params:
            *code("predict_regions"),
            options=applied_options("predict_regions"),
            # Derived from resources, so that a change, which affects no value, triggers no rerun.
            batch_size=lambda wildcards, resources: config["predict"]["batch_size"],
        script:
            "../scripts/predict_regions.py"
