"""Runs with ensembles: their training, evaluation, explanation and application."""

import json
import re

import h5py
import numpy as np
import pandas as pd
import torch
from toy_inputs import write_applied, write_genome
from workflows import planned, snakemake, tiny

ENSEMBLES = {"both": ["toy"]}


def with_ensembles(folder):
    config = tiny(own=write_genome(folder))
    config["apply"] = write_applied(folder)
    config["run"] |= {"seeds": [1, 2], "ensembles": ENSEMBLES}
    return config


def probabilities(folder):
    with h5py.File(folder / "predictions.h5") as file:
        return file["probability"][:]


def test_two_seeds_and_their_ensemble(tmp_path):
    config = with_ensembles(tmp_path)
    status, said = snakemake(tmp_path, config=config)
    assert status == 0, said[-5000:]
    results = tmp_path / "results" / "own"
    members = [f"toy-seed{seed}" for seed in (1, 2)]
    np.testing.assert_allclose(
        probabilities(results / "both"),
        np.mean([probabilities(results / name) for name in members], axis=0),
        atol=1e-6,
    )
    record = json.loads((results / "both" / "model" / "training.json").read_text())
    assert [member["name"] for member in record["members"]] == members
    assert [member["seed"] for member in record["members"]] == [1, 2]
    for name, member in zip(members, record["members"], strict=True):
        own = json.loads((results / name / "model" / "training.json").read_text())
        assert member["weights_sha256"] == own["weights_sha256"]

    ranking = pd.read_csv(results / "compare" / "ranking.tsv", sep="\t")
    assert {*members, "both"} <= set(ranking["classifier"])
    runs = pd.read_csv(tmp_path / "results" / "sweep" / "runs.tsv", sep="\t")
    assert runs["seed"].tolist() == [1, 2]
    assert not (results / "both" / "training").exists()
    for name in ("explain/maps.h5", "motifs/patterns.tsv", "variants/table.tsv.gz"):
        assert (results / "both" / name).exists(), name
    scores = [
        pd.read_csv(results / name / "regions" / "sequences.tsv.gz", sep="\t")["p"].to_numpy()
        for name in ("both", *members)
    ]
    np.testing.assert_allclose(scores[0], (scores[1] + scores[2]) / 2, atol=1e-5)
    page = (results / "report.html").read_text(encoding="utf-8")
    assert "mean probability of toy-seed1 and toy-seed2" in page

    _, said = snakemake(tmp_path, "--dry-run", config=config)
    assert planned(said) == set()
    # Another average, or other members.
    for entry in ({"members": ["toy"], "average": "logits"}, ["toy-seed1", "other"]):
        changed = config | {"run": config["run"] | {"ensembles": {"both": entry}}}
        changed["models"] = config["models"] | {"other": config["models"]["toy"]}
        _, said = snakemake(tmp_path, "ensemble", "--dry-run", config=changed)
        wanted = {("ensemble", "own")} | ({("train", "own")} if isinstance(entry, list) else set())
        assert planned(said) == wanted


def test_a_member_that_is_not_run_is_trained_only(tmp_path):
    config = with_ensembles(tmp_path)
    config["models"]["other"] = config["models"]["toy"]
    config["run"] |= {"seeds": [], "ensembles": {"both": ["toy", "other"]}}
    status, said = snakemake(tmp_path, "--dry-run", config=config)
    assert status == 0, said
    jobs = [line.split()[:2] for line in said.splitlines() if "results/own/" in line]
    of_other = {stage for stage, path in jobs if path.startswith("results/own/other")}
    assert of_other == {"train", "plot_training"}
    of_both = {stage for stage, path in jobs if path.startswith("results/own/both")}
    assert {"ensemble", "predict", "evaluate", "explain", "motifs"} <= of_both
    assert not of_both & {"train", "plot_training"}


def test_members_are_trained_side_by_side_and_only_their_ensemble_is_evaluated(tmp_path):
    """Without a GPU, trainings share the cores, and wait for no GPU of the profile."""
    config = with_ensembles(tmp_path)
    config["run"] |= {"models": []}
    status, said = snakemake(tmp_path, "--dry-run", config=config)
    assert status == 0, said
    assert "sweep" not in said
    jobs = [line.split()[:2] for line in said.splitlines() if "results/own/toy-seed" in line]
    assert {stage for stage, _ in jobs} == {"train", "plot_training"}
    status, said = snakemake(tmp_path, "sweep", "--dry-run", config=config)
    assert status != 0
    assert "key run.models: found no model, so that only ensembles are evaluated" in said

    def resources_of_trainings(*arguments):
        arguments = ("train", "--forcerun", "train_model", "--cores", "2", *arguments)
        status, said = snakemake(tmp_path, *arguments, config=config, cores=False)
        assert status == 0, said[-5000:]
        log = max((tmp_path / ".snakemake" / "log").glob("*.log"))
        trainings = log.read_text().split("rule train_model:")[1:]
        assert len(trainings) == 2
        return [set(re.search(r"resources: (.*)", one)[1].split(", ")) for one in trainings]

    together, in_turn = {"gpu=0", "cpus_per_task=1"}, {"gpu=1", "cpus_per_task=2"}
    if torch.cuda.is_available():
        together = in_turn
    for found in resources_of_trainings("--resources", "gpu=1"):
        assert together <= found
    # The memory is enough for one of them.
    for found in resources_of_trainings("--resources", "gpu=1", "mem_mb=16000"):
        assert in_turn <= found


def test_a_run_without_ensembles_has_no_such_target(tmp_path):
    status, said = snakemake(
        tmp_path, "ensemble", "--dry-run", config=tiny(own=write_genome(tmp_path))
    )
    assert status != 0
    assert "configuration, key run.ensembles: found no entry; expected at least one" in said
