"""The driver on a small model."""

import json

import h5py
import numpy as np
import pandas as pd
import pytest
from memelite.io import write_meme
from toy_store import LENGTH, SHARED_NAMES, TABLE, export_toy_model, toy_split, write_toy_store

from noncoding.attribution.checks.faithfulness import COLUMNS
from noncoding.attribution.methods import METHODS
from noncoding.common.errors import InputError
from noncoding.data.one_hot import letters
from noncoding.models import export_model, load_model
from noncoding.stages.explain import ExplanationOutputs, Settings, explain
from noncoding.stages.predict import predict

LAYER_METHODS = ["gradcam", "hirescam"]
ASKED = {
    "targets": ["a"],
    "best": 0,
    "best_per_group": 0,
    "sequences": "positives",
    "methods": [*LAYER_METHODS, "gradient"],
    "layer": None,
    "n_plotted": 1,
    "n_checked": 2,
    "n_sequences": 6,
}
MADE = {"targets.tsv", "summary.json", "maps.h5", "faithfulness.tsv", "curves.tsv"}
MADE |= {"figures", "tracks"}


@pytest.fixture
def inputs(tmp_path, request):
    targets = getattr(request, "param", TABLE)
    export_toy_model(tmp_path / "model", table=targets)
    store = write_toy_store(tmp_path / "test.h5", rows=30, table=targets)
    predict(tmp_path / "model", store, tmp_path / "predictions.h5", batch_size=8)
    metrics = targets.assign(auroc=[0.9, 0.8, np.nan], auprc=[0.7, 0.6, np.nan])
    metrics.to_csv(tmp_path / "targets.tsv", sep="\t", index=False)
    baseline = targets.assign(motif=["M1", "", ""])
    baseline.to_csv(tmp_path / "baseline.tsv", sep="\t", index=False)
    names = ("model", "test.h5", "predictions.h5", "targets.tsv", "baseline.tsv")
    return [tmp_path / name for name in names]


def outputs(folder):
    return ExplanationOutputs(**{name.partition(".")[0]: folder / name for name in sorted(MADE)})


def run(inputs, made, *, truth=None, motifs=None, **asked):
    explain(*inputs, made, Settings(**ASKED | asked), truth=truth, motifs=motifs)
    return json.loads(made.summary.read_text())


def test_maps_figures_and_tables(inputs, tmp_path):
    made = outputs(tmp_path / "explain")
    summary = run(inputs, made, targets=["a", 1], methods=list(METHODS))
    assert {path.name for path in (tmp_path / "explain").iterdir()} == MADE
    with h5py.File(made.maps) as file:
        assert sorted(file) == ["0", "1"]
        group = file["0"]
        assert group.attrs["name"] == "a"
        for method in LAYER_METHODS:
            assert group[method].shape == (6, LENGTH)
            assert (group[method][:] >= 0).all()
            # Convolution of 7 bp padded by 3, pooled by 4; blocks of kernel 3, the second
            # with a stride of 2: from -3 - 4 - 4 to 6 + 4 + 4.
            attributes = group[method].attrs
            assert (attributes["first_centre_bp"], attributes["step_bp"]) == (1.5, 8)
        assert group["gradient"].shape == (6, LENGTH)
        assert group["mutagenesis"].shape == (2, LENGTH)
        labels = toy_split(30, 0)[1]
        assert labels[group["locus"][:], 0].all()
        assert (np.diff(group["probability"][:]) <= 0).all()
    table = pd.read_csv(made.targets, sep="\t")
    assert table["loci"].tolist() == [6, min(6, labels[:, 1].sum())]
    names = {path.stem for path in made.figures.iterdir()}
    assert names == {"000-a", "000-a-1", "001-b", "001-b-1", "faithfulness"}
    assert summary["layer"] == "resnet.blocks.1"
    assert summary["resolution_bp"] == 8
    assert summary["truth_auroc"] is None and summary["problems"] == []
    checks = pd.read_csv(made.faithfulness, sep="\t")
    assert list(checks) == list(COLUMNS)
    assert set(checks["method"]) == set(METHODS)
    assert "known motif" not in " ".join(checks["check"])
    curves = pd.read_csv(made.curves, sep="\t")
    controls = {f"{method}, position-matched" for method in METHODS}
    assert set(curves["order"]) == {*METHODS, *controls, "random"}
    assert set(curves["index"]) == {0, 1}
    assert "no coordinates" in (made.tracks / "README.txt").read_text().lower()


def test_truth_and_known_motifs_are_checked_where_there_are_any(inputs, tmp_path):
    table = pd.read_csv(inputs[3], sep="\t").assign(motifs=["M1", "", ""])
    write_toy_store(tmp_path / "test.h5", rows=30, table=TABLE.assign(motifs=["M1", "", ""]))
    predict(tmp_path / "model", tmp_path / "test.h5", inputs[2], batch_size=8)
    table.to_csv(inputs[3], sep="\t", index=False)
    rows = [("test", locus, "M1", 17, 23, "+") for locus in range(0, 30, 2)]
    columns = ["split", "locus", "motif", "start", "end", "strand"]
    pd.DataFrame(rows, columns=columns).to_csv(tmp_path / "truth.tsv", sep="\t", index=False)
    word = np.eye(4)[[0, 1, 1, 2, 3, 0]].T
    write_meme(str(tmp_path / "m.meme"), {"M1": word * 0.96 + 0.01})
    made = outputs(tmp_path / "explain")
    summary = run(
        inputs, made, targets=["a", "b"], truth=tmp_path / "truth.tsv", motifs=tmp_path / "m.meme"
    )
    checks = pd.read_csv(made.faithfulness, sep="\t")
    of_a = set(checks.loc[checks["target"] == "a", "check"])
    assert {"planted AUROC", "known motif in strongest window"} <= of_a
    assert "known motif in strongest window, all loci" in of_a
    of_b = " ".join(checks.loc[checks["target"] == "b", "check"])
    assert "known" not in of_b and "planted" not in of_b
    assert 0 <= summary["truth_auroc"] <= 1


def without_second_target(store):
    with h5py.File(store, "r+") as file:
        # The second target is the second bit of the labels' byte.
        file["label"][:] = file["label"][:] & 0b10111111


def test_a_target_without_positives_is_told_and_the_rest_drawn(inputs, tmp_path):
    without_second_target(tmp_path / "test.h5")
    made = outputs(tmp_path / "explain")
    summary = run(inputs, made, targets=["b", "a"])
    assert summary["without_positives"] == ["b"]
    assert summary["problems"] == ["b has no positive test locus and is not explained."]
    assert (made.figures / "000-a.png").exists()
    assert not (made.figures / "001-b.png").exists()


@pytest.mark.parametrize(
    ("asked", "told", "left"),
    [
        ({"targets": ["zzz", "a"]}, "'zzz'", 3),
        ({"layer": "resnet.nothing"}, "'resnet.nothing'", 1),
        ({"layer": "sequence"}, "a convolutional layer of Hybrid", 1),
        ({"layer": "resnet.blocks.0.gate.squeeze"}, "(batch, channels, positions)", 1),
        ({"layer": "resnet.blocks"}, "one that runs once", 1),
    ],
)
def test_what_is_not_there_is_told_and_the_rest_rendered(inputs, tmp_path, asked, told, left):
    made = outputs(tmp_path / "explain")
    summary = run(inputs, made, **asked)
    [problem] = summary["problems"]
    assert told in problem
    with h5py.File(made.maps) as file:
        assert sum(method in file["0"] for method in METHODS) == left
    assert (made.figures / "000-a-1.png").exists()


def test_given_sequences_are_explained_for_every_target(inputs, tmp_path):
    one_hot = toy_split(30, 0)[0]
    path = tmp_path / "given.fa"
    short = letters(one_hot[1])[:-3]
    path.write_text(f">first\n{letters(one_hot[0])}\n>short\n{short}\n>empty\n{'N' * 40}\n")
    made = outputs(tmp_path / "explain")
    summary = run(inputs, made, targets=["a", "b"], sequences=str(path))
    assert len(summary["problems"]) == 2
    assert "record short: found 37 bp; expected 40" in summary["problems"][0]
    assert summary["problems"][1].startswith("empty: found nothing but N")
    with h5py.File(made.maps) as file, h5py.File(inputs[2]) as predictions:
        for index in "01":
            assert file[index]["name"].asstr()[:].tolist() == ["first"]
            assert np.isnan(file[index]["label"][:]).all()
            own = predictions["probability"][0, int(index)]
            assert file[index]["probability"][0] == pytest.approx(own, abs=1e-6)


def test_given_loci_are_explained_whatever_their_label(inputs, tmp_path):
    made = outputs(tmp_path / "explain")
    summary = run(inputs, made, sequences=[5, 2, 99])
    assert "99" in summary["problems"][0]
    with h5py.File(made.maps) as file:
        assert file["0"]["locus"][:].tolist() == [5, 2]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"targets": ["zzz"]}, "zzz"),
        ({"targets": ["b"]}, "b has no positive"),
        ({"layer": "nowhere", "methods": LAYER_METHODS}, "nowhere"),
        ({"sequences": [99]}, "99"),
    ],
)
def test_nothing_to_explain_leaves_what_was_there(inputs, tmp_path, asked, told):
    without_second_target(tmp_path / "test.h5")
    made = outputs(tmp_path / "explain")
    run(inputs, made)
    before = {path: path.read_bytes() for path in made.maps.parent.rglob("*") if path.is_file()}
    with pytest.raises(InputError, match=told):
        run(inputs, made, **asked)
    after = {path: path.read_bytes() for path in made.maps.parent.rglob("*") if path.is_file()}
    assert after == before


@pytest.mark.parametrize(("number", "name"), [(3, "targets.tsv"), (4, "baseline.tsv")])
def test_a_table_of_other_targets_is_refused(inputs, tmp_path, number, name):
    table = pd.read_csv(inputs[number], sep="\t")
    table.assign(name=["b", "a", "c"]).to_csv(inputs[number], sep="\t", index=False)
    with pytest.raises(InputError, match=f"{name}.*not those of the test split"):
        run(inputs, outputs(tmp_path / "explain"))


def test_a_target_may_be_called_nan(inputs, tmp_path):
    table = TABLE.assign(name=["NaN", "b", "c"])
    network = load_model(inputs[0]).network
    export_model(
        network, tmp_path / "named", table, {"dataset": "toy", "model": "tiny", "validation": {}}
    )
    write_toy_store(tmp_path / "test.h5", rows=30, table=table)
    predict(tmp_path / "named", tmp_path / "test.h5", inputs[2], batch_size=8)
    for path in inputs[3:]:
        own = pd.read_csv(path, sep="\t").assign(name=table["name"])
        own.to_csv(path, sep="\t", index=False)
    made = outputs(tmp_path / "explain")
    summary = run([tmp_path / "named", *inputs[1:]], made, targets=["NaN"])
    assert summary["problems"] == []
    assert (made.figures / "000-NaN.png").exists()


@pytest.mark.parametrize("inputs", [SHARED_NAMES], indirect=True)
def test_targets_that_share_a_name_stay_apart(inputs, tmp_path):
    made = outputs(tmp_path / "explain")
    summary = run(inputs, made, targets=[0, 1, 2], methods=["gradient"])
    assert summary["targets"] == 3
    names = ["K562 CTCF | a/b (index 0)", "K562 CTCF | a/b (index 1)", 'an "open" site']
    table = pd.read_csv(made.targets, sep="\t")
    assert table["name"].tolist() == names
    assert table["figure"].nunique() == 3
    assert all((made.figures / f"{stem}-1.png").exists() for stem in table["figure"])
    for path in (made.faithfulness, made.curves):
        rows = pd.read_csv(path, sep="\t").dropna(subset="index")
        assert dict(zip(rows["index"], rows["target"], strict=True)) == dict(enumerate(names))
        assert rows.groupby("index").size().nunique() == 1
    with h5py.File(made.maps) as file:
        assert [file[str(index)].attrs["name"] for index in range(3)] == names


def test_given_sequences_that_overlap_are_explained_and_logged(inputs, tmp_path, caplog):
    text = letters(toy_split(30, 0)[0][0])
    path = tmp_path / "given.fa"
    path.write_text(f">first\n{text}\n>shifted\n{text[4:]}ACGT\n")
    summary = run(inputs, outputs(tmp_path / "explain"), sequences=str(path), methods=["gradient"])
    assert summary["loci"] == 2 and summary["problems"] == []
    assert "1 of 2 sequences overlap another" in caplog.text
