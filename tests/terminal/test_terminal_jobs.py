"""The name of a job, from what Snakemake logs about it."""

import pytest

from snakemake_logger_plugin_noncoding.jobs import Job

FOLDER = "results/own/toy"


@pytest.mark.parametrize(
    ("rule", "outputs", "name"),
    [
        ("evaluate_model", ["evaluation/a.tsv", "evaluation/figures/b.svg"], "evaluate evaluation"),
        ("train_model", ["model/config.json", "training/last.ckpt (update)"], "train "),
        (
            "predict_regions_bigwig",
            ["regions/track", "regions/track.json"],
            "predict_regions regions/track",
        ),
        (
            "score_variants_vcf",
            ["variants/a.vcf.gz", "variants/a.vcf.gz.tbi", "variants/a.json", "variants/a"],
            "score_variants variants/a.vcf.gz",
        ),
    ],
)
def test_a_job_is_named_after_what_its_outputs_share_or_after_its_entry(rule, outputs, name):
    made = Job.of(rule, [f"{FOLDER}/{output}" for output in outputs], {}, [], 0.0).name
    stage, _, path = name.partition(" ")
    assert made == f"{stage} {FOLDER}/{path}".rstrip("/")
