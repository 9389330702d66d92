import json

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
from toy_store import LENGTH, TABLE, toy_sizes, toy_split, write_toy_store

from noncoding.errors import InputError
from noncoding.explain import ExplanationOutputs, explain
from noncoding.explain.faithfulness import COLUMNS
from noncoding.models import create_model, export_model
from noncoding.predict import predict


@pytest.fixture
def inputs(tmp_path):
    torch.manual_seed(0)
    network = create_model(length=LENGTH, targets=3, **toy_sizes()).eval()
    record = {"dataset": "toy", "model": "tiny", "validation": {}}
    export_model(network, tmp_path / "model", TABLE, record)
    store = write_toy_store(tmp_path / "test.h5", rows=30)
    predict(tmp_path / "model", store, tmp_path / "predictions.h5", batch_size=8)
    metrics = TABLE.assign(auroc=[0.9, 0.8, np.nan], auprc=[0.7, 0.6, np.nan])
    metrics.to_csv(tmp_path / "targets.tsv", sep="\t", index=False)
    return [tmp_path / n for n in ("model", "test.h5", "predictions.h5", "targets.tsv")]


def outputs(folder):
    names = ("targets.tsv", "summary.json", "maps.h5", "faithfulness.tsv", "figures")
    return ExplanationOutputs(*(folder / name for name in names))


def run(inputs, made, **options):
    settings = {"targets": ["a"], "best_per_group": 0, "drawn": 2, "loci": 6, "layer": None}
    explain(*inputs, made, **(settings | options))


def test_maps_figures_and_tables(inputs, tmp_path):
    made = outputs(tmp_path / "explain")
    run(inputs, made, targets=["a", 1])
    with h5py.File(made.maps) as file:
        assert sorted(file) == ["0", "1"]
        group = file["0"]
        assert group.attrs["name"] == "a"
        assert group["gradcam"].shape == (6, 5)
        assert (group["gradcam"][:] >= 0).all()
        assert group["hirescam"].shape == (6, 5)
        assert group["effect"].shape == (2, 4, LENGTH)
        labels = toy_split(30, 0)[1]
        assert labels[group["locus"][:], 0].all()
        assert (np.diff(group["probability"][:]) <= 0).all()
    table = pd.read_csv(made.targets, sep="\t")
    assert table["loci"].tolist() == [6, min(6, labels[:, 1].sum())]
    names = sorted(path.name for path in made.figures.iterdir())
    assert names == ["000-a.png", "000-a.svg", "001-b.png", "001-b.svg"]
    summary = json.loads(made.summary.read_text())
    assert summary["layer"] == "resnet.blocks.1"
    assert summary["resolution_bp"] == LENGTH / 5
    assert summary["truth_auroc"] is None
    checks = pd.read_csv(made.faithfulness, sep="\t")
    assert list(checks) == list(COLUMNS) and checks.empty


def test_a_target_without_positives_is_counted_and_the_rest_drawn(inputs, tmp_path):
    store = tmp_path / "test.h5"
    with h5py.File(store, "r+") as file:
        # The second target is the second bit of the labels' byte.
        file["label"][:] = file["label"][:] & 0b10111111
    made = outputs(tmp_path / "explain")
    run(inputs, made, targets=["b", "a"])
    assert json.loads(made.summary.read_text())["without_positives"] == ["b"]
    assert len(list(made.figures.iterdir())) == 2


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"targets": ["zzz"]}, "zzz"),
        ({"layer": "resnet.nothing"}, r"resnet\.nothing"),
        ({"layer": "sequence"}, "a convolutional layer of Hybrid"),
        ({"layer": "resnet.blocks.0.gate.squeeze"}, r"\(batch, channels, positions\)"),
    ],
)
def test_bad_requests_leave_what_was_there(inputs, tmp_path, options, told):
    made = outputs(tmp_path / "explain")
    run(inputs, made)
    before = made.maps.read_bytes()
    with pytest.raises(InputError, match=told):
        run(inputs, made, **options)
    assert made.maps.read_bytes() == before
    assert len(list(made.figures.iterdir())) == 2
    assert sorted(p.name for p in (tmp_path / "explain").iterdir()) == [
        "faithfulness.tsv",
        "figures",
        "maps.h5",
        "summary.json",
        "targets.tsv",
    ]
