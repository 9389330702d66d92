"""From public files to a trained, evaluated and interpreted classifier of non-coding DNA."""

# The folder of this file, also when another workflow imports it; it may be in a repository.
SOURCE = workflow.current_basedir


include: "rules/installation.smk"


from snakemake_logger_plugin_noncoding import show_concisely

# Another workflow that imports this one decides on its own messages.
if workflow.is_main_process and workflow.basedir == BASE:
    show_concisely(workflow.output_settings)


configfile: workflow_file("config.yaml")


report: "rules/captions/workflow.rst"


include: "rules/storage.smk"
include: "rules/common.smk"
include: "rules/simulate.smk"
include: "rules/fetch.smk"
include: "rules/unpack.smk"
include: "rules/convert.smk"
include: "rules/tile.smk"
include: "rules/describe.smk"
include: "rules/train.smk"
include: "rules/plot_training.smk"
include: "rules/ensemble.smk"
include: "rules/predict.smk"
include: "rules/baseline.smk"
include: "rules/evaluate.smk"
include: "rules/compare.smk"
include: "rules/sweep.smk"
include: "rules/explain.smk"
include: "rules/motifs.smk"
include: "rules/apply.smk"
include: "rules/predict_regions.smk"
include: "rules/score_variants.smk"
include: "rules/report.smk"
include: "rules/targets.smk"


# Every stage is a target of its own.
for stage in DELIVERABLES:

    rule:
        name:
            stage
        input:
            target_files(stage),
        localrule: True


rule all:
    default_target: True
    input:
        [DELIVERABLES[stage] for stage in FINAL_STAGES],
    localrule: True


remove_stale_lock()


onstart:
    start_run()


onsuccess:
    end_run()


onerror:
    end_run()
