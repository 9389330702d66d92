"""The stage on small models."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import average_precision_score, roc_auc_score
from toy_genome import random_genome, write_fasta
from toy_store import DANQ, LENGTH, PREDICTION, TABLE, toy_sizes, write_toy_store
from typer.testing import CliRunner

from noncoding.cli.app import app
from noncoding.common.errors import InputError
from noncoding.data.store import Store
from noncoding.models.architectures import create_model
from noncoding.models.export import export_model, load_model
from noncoding.prediction.predictions import read_predictions
from noncoding.stages.ensemble import ensemble
from noncoding.stages.predict import predict


def export(folder, sizes, seed, *, length=LENGTH, table=TABLE, bin_length=20):
    torch.manual_seed(seed)
    network = create_model(length=length, targets=len(table), **sizes).eval()
    network.output_layer.weight.data.mul_(10)
    record = {
        "dataset": "toy",
        "model": folder.parent.name,
        "bin": bin_length,
        "seed": seed,
        "data_sha256": {"train": "a"},
        "validation": {"AUPR, mean over targets": 0.1},
    }
    export_model(network, folder, table, record)


@pytest.fixture
def folders(tmp_path):
    found = {name: tmp_path / name / "model" for name in ("one", "two")}
    export(found["one"], toy_sizes(), 3)
    export(found["two"], DANQ, 4)
    return found


def run(folders, tmp_path, average="probabilities"):
    valid = write_toy_store(tmp_path / "valid.h5", rows=30, seed=2)
    folder = tmp_path / "both"
    ensemble(folders, valid, folder, average=average, batch_size=8, dataset="toy", model="both")
    return folder / "model", valid


def predictions_of(model, store, folder):
    folder.mkdir()
    predict(model, store, folder, PREDICTION)
    with Store(store) as split:
        return read_predictions(folder / "predictions.h5", split), split.labels()


def test_predictions_and_validation_are_those_of_the_mean(folders, tmp_path):
    model, valid = run(folders, tmp_path)
    found, labels = predictions_of(model, valid, tmp_path / "p")
    members = [
        predictions_of(each, valid, tmp_path / f"p-{name}")[0] for name, each in folders.items()
    ]
    np.testing.assert_allclose(found, np.mean(members, axis=0), atol=1e-6)
    record = json.loads((model / "training.json").read_text())
    every = range(labels.shape[1])
    for name, metric in (("AUPR", average_precision_score), ("AUROC", roc_auc_score)):
        expected = np.mean([metric(labels[:, target], found[:, target]) for target in every])
        shown = record["validation"][f"{name}, mean over targets"]
        assert shown == pytest.approx(expected, abs=1e-6)


def test_the_record_names_the_members(folders, tmp_path):
    model, _ = run(folders, tmp_path, "logits")
    exported = load_model(model)
    record = exported.training
    assert (record["dataset"], record["model"], record["average"]) == ("toy", "both", "logits")
    assert record["data_sha256"] == {"train": "a"}
    for (name, folder), member in zip(folders.items(), record["members"], strict=True):
        own = json.loads((folder / "training.json").read_text())
        assert member["name"] == name
        for key in ("seed", "weights_sha256", "parameters", "validation"):
            assert member[key] == own[key]
    assert record["parameters"] == sum(each["parameters"] for each in record["members"])
    assert exported.network.config.average == "logits"


def test_the_record_and_the_card_keep_the_origin_of_members(folders, tmp_path):
    message = "the earlier model m (data set d) was trained on chromosomes of the test split (I)"
    start = {
        "models": [{"model": "m", "dataset": "d"}],
        "overlap": [{"message": message}],
        "freeze": "stem",
    }
    path = folders["two"] / "training.json"
    regions = {"train": {"I": [[0, 9]]}}
    own = json.loads(path.read_text()) | {"start_from": start, "regions": regions}
    path.write_text(json.dumps(own))
    model, _ = run(folders, tmp_path)
    members = json.loads((model / "training.json").read_text())["members"]
    assert [member["start_from"] for member in members] == [None, start]
    assert [member["regions"] for member in members] == [None, regions]
    card = (model / "README.md").read_text()
    assert "The member two is fine-tuned, starting from: m on d (frozen: stem)." in card
    assert f"- T{message[1:]}." in card and "The member one" not in card


def test_regions_that_all_members_share_are_recorded_once(folders, tmp_path):
    regions = {"train": {"I": [[0, 9]]}}
    for folder in folders.values():
        path = folder / "training.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"regions": regions}))
    model, _ = run(folders, tmp_path)
    record = json.loads((model / "training.json").read_text())
    assert record["regions"] == regions
    assert not any("regions" in member for member in record["members"])


OTHER = TABLE.assign(name=["a", "b", "z"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"length": 44}, r"two/model: found windows of 44 bp; expected 40 bp, as in .*one/model"),
        ({"bin_length": 10}, r"two/model: found labelled bins of 10 bp; expected 20 bp, as in"),
        ({"table": OTHER}, r"two/model/targets\.tsv: found 3 targets that are not those of .*one"),
        ({"table": TABLE[:2]}, r"two/model/targets\.tsv: found 2 targets that are not those of"),
    ],
)
def test_models_that_do_not_match_are_refused(folders, tmp_path, options, message):
    export(folders["two"], DANQ, 4, **options)
    with pytest.raises(InputError, match=message):
        run(folders, tmp_path)
    assert not (tmp_path / "both").exists()


def test_a_model_of_another_alphabet_is_refused(folders, tmp_path):
    path = folders["two"] / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"alphabet": "AGCT"}))
    with pytest.raises(InputError, match=r"two/model/config\.json: found the alphabet 'AGCT'"):
        run(folders, tmp_path)


def test_predictions_that_are_not_finite_are_refused(folders, tmp_path):
    torch.manual_seed(4)
    network = create_model(length=LENGTH, targets=len(TABLE), **DANQ).eval()
    network.output_layer.bias.data[1] = torch.nan
    shutil.rmtree(folders["two"])
    record = {"dataset": "toy", "model": "two", "bin": 20, "validation": {}}
    export_model(network, folders["two"], TABLE, record)
    with pytest.raises(InputError, match="both, prediction of locus 0: found a value that is not"):
        run(folders, tmp_path)
    assert not (tmp_path / "both").exists()


def test_an_ensemble_of_ensembles_is_refused(folders, tmp_path):
    model, _ = run(folders, tmp_path)
    with pytest.raises(InputError, match="both/model: found an ensemble; expected a single netw"):
        run(folders | {"three": model}, tmp_path)


def test_the_command_line_takes_an_ensemble(folders, tmp_path):
    run(folders, tmp_path)
    write_fasta(tmp_path / "g.fa", random_genome(chrI=200))
    tables = []
    for model in (tmp_path / "both", *folders.values()):
        out = tmp_path / "o.tsv"
        arguments = ["-m", str(model), "-o", str(out), "--fasta", str(tmp_path / "g.fa")]
        done = CliRunner().invoke(app, ["predict", *arguments], catch_exceptions=False)
        assert done.exit_code == 0, done.stderr
        tables.append(pd.read_csv(out, sep="\t")[["a", "b", "c"]].to_numpy())
    np.testing.assert_allclose(tables[0], (tables[1] + tables[2]) / 2, atol=1e-5)
    shown = CliRunner().invoke(app, ["models", str(tmp_path / "both")], catch_exceptions=False)
    assert "both (ensemble)" in shown.stdout
