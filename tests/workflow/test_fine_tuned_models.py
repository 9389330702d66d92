"""Models that start from one that the same run trains, and folders that are refused."""

import copy
import json
import shutil

import pytest
from toy_store import export_toy_model
from workflows import snakemake, tiny

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
        ("results/own/tuned/model", "itself starts"),
        ("damaged", "no file model.safetensors"),
        ("letters", "the alphabet 'AGCT'"),
    ],
)
def test_a_dry_run_refuses_a_model_that_cannot_be_the_start(genome, tmp_path, start, message):
    for name in ("damaged", "letters"):
        export_toy_model(tmp_path / name)
    (tmp_path / "damaged" / "model.safetensors").unlink()
    path = tmp_path / "letters" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"alphabet": "AGCT"}))
    status, said = snakemake(tmp_path, "train", "-n", config=configuration(genome, start))
    assert status != 0
    assert message in " ".join(said.split())
