"""Models that start from one that the same run trains, and folders that are refused."""

import copy
import json
import shutil

import pytest
from toy_store import export_toy_model
from workflows import snakemake, tiny

from noncoding.models.ensemble import EnsembleConfig
from noncoding.models.export import load_model


def configuration(genome, start, **network):
    """A run of the data set `own` alone, beside a data set `other` of the same genome."""
    other = copy.deepcopy(genome)
    other["peaks"]["folder"] = "others"
    config = tiny(own=genome, other=other)
    config["run"] = {"datasets": ["own"], "models": ["tuned"]}
    config["models"]["tuned"] = {"start_from": start, **network}
    return config


def test_a_model_starts_from_one_that_the_same_run_trains(genome, tmp_path):
    # The target p is shared.
    (tmp_path / "others").mkdir()
    for own, other in (("p", "p"), ("q", "s")):
        shutil.copy(tmp_path / "peaks" / f"{own}.bed", tmp_path / "others" / f"{other}.bed")
    config = configuration(genome, "results/other/toy/model", freeze="stem")
    config["datasets"]["own"]["splits"] = {"train": ["two"], "valid": ["three"], "test": ["one"]}
    status, said = snakemake(tmp_path, "train", config=config)
    assert status == 0, said[-3000:]
    first = load_model(tmp_path / "results/other/toy/model")
    tuned = load_model(tmp_path / "results/own/tuned/model")
    assert [[*each.targets["name"]] for each in (first, tuned)] == [["p", "s"], ["p", "q"]]
    one, other = (each.network.state_dict() for each in (first, tuned))
    stem = [name for name in one if tuned.network.part_of(name) == "stem"]
    assert stem and all((one[name] == other[name]).all() for name in stem)
    start = tuned.training["start_from"]
    assert start["initialised_targets"] == 1
    assert start["weights_sha256"] == first.training["weights_sha256"]
    assert start["overlap"][0]["test"] == ["one"]
    log = (tmp_path / "results/own/tuned/logs/train.log").read_text()
    assert "WARNING" in log and "test split (one)" in log
    status, said = snakemake(tmp_path, "train", "-n", config=config)
    assert status == 0 and "Nothing to be done" in said


@pytest.mark.parametrize(
    ("start", "message"),
    [
        ("yeast", "windows of 1000 bp"),
        ("yeats", "Did you mean 'yeast'"),
        ("no/folder", "no such folder"),
        ("results/own/tuned/model", "itself depends on this one"),
        ("damaged", "no file model.safetensors"),
        ("letters", "the alphabet 'AGCT'"),
        ("averaged", "found an ensemble; expected a single network"),
        ("hf:lab/yeast@main", "a branch or tag, whose content may change"),
    ],
)
def test_a_dry_run_refuses_a_model_that_cannot_be_the_start(genome, tmp_path, start, message):
    changes = {
        "damaged": {},
        "letters": {"alphabet": "AGCT"},
        "averaged": {"model_type": EnsembleConfig.model_type},
    }
    for name, change in changes.items():
        export_toy_model(tmp_path / name)
        path = tmp_path / name / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | change))
    (tmp_path / "damaged" / "model.safetensors").unlink()
    status, said = snakemake(tmp_path, "train", "-n", config=configuration(genome, start))
    assert status != 0
    assert message in " ".join(said.split())


def test_a_member_of_an_ensemble_is_checked_although_it_is_not_run(genome, tmp_path):
    config = configuration(genome, "no/folder")
    config["run"] |= {"models": ["toy"], "ensembles": {"both": ["toy", "tuned"]}}
    status, said = snakemake(tmp_path, "train", "-n", config=config)
    assert status != 0
    assert "no such folder" in said


def test_a_model_starts_from_a_member_of_an_ensemble_but_not_from_the_ensemble(genome, tmp_path):
    config = configuration(genome, "results/own/toy-seed1/model")
    config["run"] |= {"seeds": [1, 2], "ensembles": {"both": ["toy-seed1", "toy-seed2"]}}
    status, said = snakemake(tmp_path, "train", "-n", config=config)
    assert status == 0, said[-3000:]
    trained = [line.split()[1] for line in said.splitlines() if line.startswith("train ")]
    names = ("toy-seed1", "toy-seed2", "tuned-seed1", "tuned-seed2")
    assert sorted(trained) == [f"results/own/{name}" for name in names]
    for start in ("results/own/both", "results/own/both/model"):
        config["models"]["tuned"]["start_from"] = start
        status, said = snakemake(tmp_path, "train", "-n", config=config)
        assert status != 0
        said = " ".join(said.split())
        assert "models.tuned.start_from: found an ensemble; expected a single network" in said


def test_jobs_do_not_check_the_start_again(genome, tmp_path):
    arguments = ("tile", "-n", "--mode")
    config = configuration(genome, "yeast")  # of another window
    for mode, refused in (("default", True), ("subprocess", False)):
        status, said = snakemake(tmp_path, *arguments, mode, config=config)
        assert ("found a model for windows" in " ".join(said.split())) == refused, said
        assert (status != 0) == refused, said
