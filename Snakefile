"""From public files to a trained, evaluated and explained classifier of DNA."""

# Where this file stands, also when another workflow imports it.
BASE = str(workflow.current_basedir)


configfile: f"{BASE}/config.yaml"


report: f"{BASE}/rules/captions/workflow.rst"


include: "rules/common.smk"
include: "rules/simulate.smk"
include: "rules/fetch.smk"
include: "rules/unpack.smk"
include: "rules/convert.smk"
include: "rules/build.smk"
include: "rules/describe.smk"
include: "rules/train.smk"
include: "rules/predict.smk"
include: "rules/baseline.smk"
include: "rules/evaluate.smk"
include: "rules/compare.smk"
include: "rules/sweep.smk"
include: "rules/explain.smk"
include: "rules/discover.smk"
include: "rules/report.smk"


localrules:
    all,
    fetch,
    convert,
    describe,
    train,
    predict,
    evaluate,
    compare,
    sweep,
    explain,
    discover,
    report,


rule all:
    default_target: True
    input:
        deliverables("report"),
        deliverables("describe"),
        deliverables("train"),
        deliverables("predict"),
        deliverables("evaluate"),
        deliverables("compare"),
        deliverables("sweep") if config["run"]["seeds"] else [],
        deliverables("explain"),
        deliverables("discover"),


rule fetch:
    input:
        deliverables("fetch"),


rule convert:
    input:
        deliverables("convert"),


rule describe:
    input:
        deliverables("describe"),


rule train:
    input:
        deliverables("train"),


rule predict:
    input:
        deliverables("predict"),


rule evaluate:
    input:
        deliverables("evaluate"),


rule compare:
    input:
        deliverables("compare"),


rule sweep:
    input:
        deliverables("sweep"),


rule explain:
    input:
        deliverables("explain"),


rule discover:
    input:
        deliverables("discover"),


rule report:
    input:
        deliverables("report"),


tell_who_holds()


onstart:
    hold()


onsuccess:
    release()
    announce_reports()


onerror:
    release()
