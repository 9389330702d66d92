"""From public files to a trained, evaluated and explained classifier of DNA."""


configfile: f"{workflow.basedir}/config.yaml"


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


rule explain:
    input:
        deliverables("explain"),


rule discover:
    input:
        deliverables("discover"),


rule report:
    input:
        deliverables("report"),


onsuccess:
    announce_reports()
