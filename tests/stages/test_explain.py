"""The stage on a small model."""

import json

import h5py
import numpy as np
import pandas as pd
import pytest
from memelite.io import write_meme
from planted import matrix
from toy_store import (
    LENGTH,
    PREDICTION,
    SHARED_NAMES,
    TABLE,
    TOLD_APART,
    export_toy_model,
    toy_split,
    write_toy_store,
)

from noncoding.attribution.checks.table import COLUMNS
from noncoding.attribution.methods import METHODS
from noncoding.common.errors import InputError
from noncoding.data.one_hot import letters
from noncoding.layout import files
from noncoding.settings.explain import ExplainSettings
from noncoding.stages.explain import explain
from noncoding.stages.predict import predict

LAYER_METHODS = ["gradcam", "hirescam"]
SETTINGS = {
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


@pytest.fixture
def inputs(tmp_path, request):
    """Model, store, predictions, metrics and baseline; parametrised by the target table."""
    targets = getattr(request, "param", TABLE)
    names = ("model", "test.h5", "predictions.h5", "targets.tsv", "baseline.tsv")
    model, store, predictions, metrics, baseline = (tmp_path / name for name in names)
    export_toy_model(model, table=targets)
    write_toy_store(store, rows=30, table=targets)
    predict(model, store, predictions.parent, PREDICTION)
    scores = targets.assign(auroc=[0.9, 0.8, np.nan], auprc=[0.7, 0.6, np.nan])
    scores.to_csv(metrics, sep="\t", index=False)
    targets.assign(motif=["M1", "", ""]).to_csv(baseline, sep="\t", index=False)
    return [model, store, predictions, metrics, baseline]


class Results:
    """Outputs of a run."""

    def __init__(self, folder):
        paths = files("explain", folder)
        self.targets, self.summary, self.checks, self.curves = paths[:4]
        self.maps, self.figures, self.tracks = paths[4:]


def run(inputs, *, truth=None, motifs=None, **settings):
    """Summary and outputs of the stage."""
    folder = inputs[1].parent / "explain"
    settings = ExplainSettings(**SETTINGS | settings)
    explain(*inputs, folder, settings, truth=truth, motifs=motifs)
    results = Results(folder)
    return json.loads(results.summary.read_text()), results


def test_maps_figures_and_tables(inputs):
    summary, results = run(inputs, targets=["a", 1], methods=list(METHODS))
    folder = results.summary.parent
    assert set(folder.iterdir()) == set(files("explain", folder))
    labels = toy_split(30, 0)[1]
    with h5py.File(results.maps) as file:
        assert sorted(file) == ["0", "1"]
        group = file["0"]
        assert group.attrs["name"] == "a"
        for method in LAYER_METHODS:
            assert group[method].shape == (6, LENGTH)
            assert (group[method][:] >= 0).all()
            # Convolution of 7 bp padded by 3, pooling by 4; blocks of kernel 3, the second
            # with a stride of 2: from -3 - 4 - 4 to 6 + 4 + 4.
            attributes = group[method].attrs
            assert (attributes["first_centre_bp"], attributes["step_bp"]) == (1.5, 8)
        assert group["gradient"].shape == (6, LENGTH)
        assert group["mutagenesis"].shape == (2, LENGTH)
        assert labels[group["locus"][:], 0].all()
        assert (np.diff(group["probability"][:]) <= 0).all()
    table = pd.read_csv(results.targets, sep="\t")
    assert table["loci"].tolist() == [6, min(6, labels[:, 1].sum())]
    names = {path.stem for path in results.figures.iterdir()}
    assert names == {"000-a", "000-a-1", "001-b", "001-b-1", "faithfulness"}
    assert summary["layer"] == "resnet.blocks.1"
    assert summary["resolution_bp"] == 8
    assert summary["truth_auroc"] is None and summary["problems"] == []
    checks = pd.read_csv(results.checks, sep="\t")
    assert list(checks) == list(COLUMNS)
    assert set(checks["method"]) == set(METHODS)
    assert "known motif" not in " ".join(checks["check"])
    curves = pd.read_csv(results.curves, sep="\t")
    controls = {f"{method}, position-matched" for method in METHODS}
    assert set(curves["order"]) == {*METHODS, *controls, "random"}
    assert set(curves["index"]) == {0, 1}
    assert "no coordinates" in (results.tracks / "README.txt").read_text().lower()


def test_planted_and_known_motifs_are_checked(inputs, tmp_path):
    write_toy_store(inputs[1], rows=30, table=TABLE.assign(motifs=["M1", "", ""]))
    predict(inputs[0], inputs[1], inputs[2].parent, PREDICTION)
    rows = [("test", locus, "M1", 17, 23, "+") for locus in range(0, 30, 2)]
    columns = ["split", "locus", "motif", "start", "end", "strand"]
    truth, motifs = tmp_path / "truth.tsv", tmp_path / "m.meme"
    pd.DataFrame(rows, columns=columns).to_csv(truth, sep="\t", index=False)
    write_meme(str(motifs), {"M1": matrix("ACCGTA")})
    summary, results = run(inputs, targets=["a", "b"], truth=truth, motifs=motifs)
    checks = pd.read_csv(results.checks, sep="\t")
    of_a = set(checks.loc[checks["target"] == "a", "check"])
    assert {"planted AUROC", "known motif in strongest window"} <= of_a
    assert "known motif in strongest window, all loci" in of_a
    of_b = " ".join(checks.loc[checks["target"] == "b", "check"])
    assert "known" not in of_b and "planted" not in of_b
    assert 0 <= summary["truth_auroc"] <= 1


def remove_positives_of_b(store):
    with h5py.File(store, "r+") as file:
        # The label of the second target is the second bit.
        file["label"][:] = file["label"][:] & 0b10111111


def test_a_target_without_positives_is_reported(inputs):
    remove_positives_of_b(inputs[1])
    summary, results = run(inputs, targets=["b", "a"])
    assert summary["without_positives"] == ["b"]
    assert summary["problems"] == ["b has no positive test locus and is omitted."]
    assert (results.figures / "000-a.png").exists()
    assert not (results.figures / "001-b.png").exists()


@pytest.mark.parametrize(
    ("settings", "message", "n_methods"),
    [
        ({"targets": ["zzz", "a"]}, "'zzz'", 3),
        ({"layer": "resnet.nothing"}, "'resnet.nothing'", 1),
        ({"layer": "sequence"}, "a convolutional layer of Hybrid", 1),
        ({"layer": "resnet.blocks.0.gate.squeeze"}, "(batch, channels, positions)", 1),
        ({"layer": "resnet.blocks"}, "a layer that runs once", 1),
    ],
)
def test_an_unknown_target_or_layer_is_reported(inputs, settings, message, n_methods):
    summary, results = run(inputs, **settings)
    [problem] = summary["problems"]
    assert message in problem
    with h5py.File(results.maps) as file:
        assert sum(method in file["0"] for method in METHODS) == n_methods
    assert (results.figures / "000-a-1.png").exists()


def test_fasta_records_are_explained_for_every_target(inputs, tmp_path):
    one_hot = toy_split(30, 0)[0]
    path = tmp_path / "given.fa"
    short = letters(one_hot[1])[:-3]
    path.write_text(f">first\n{letters(one_hot[0])}\n>short\n{short}\n>empty\n{'N' * 40}\n")
    summary, results = run(inputs, targets=["a", "b"], sequences=str(path))
    assert len(summary["problems"]) == 2
    assert "record short: found 37 bp; expected 40" in summary["problems"][0]
    assert summary["problems"][1].startswith("empty: found only N")
    with h5py.File(results.maps) as file, h5py.File(inputs[2]) as predictions:
        for index in "01":
            assert file[index]["name"].asstr()[:].tolist() == ["first"]
            assert np.isnan(file[index]["label"][:]).all()
            own = predictions["probability"][0, int(index)]
            assert file[index]["probability"][0] == pytest.approx(own, abs=1e-6)


def test_loci_are_explained_for_any_label(inputs):
    summary, results = run(inputs, sequences=[5, 2, 99])
    assert "99" in summary["problems"][0]
    with h5py.File(results.maps) as file:
        assert file["0"]["locus"][:].tolist() == [5, 2]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"targets": ["zzz"]}, "zzz"),
        ({"targets": ["b"]}, "b has no positive"),
        ({"layer": "nowhere", "methods": LAYER_METHODS}, "nowhere"),
        ({"sequences": [99]}, "99"),
    ],
)
def test_a_failed_run_keeps_earlier_results(inputs, settings, message):
    remove_positives_of_b(inputs[1])
    _, results = run(inputs)
    folder = results.summary.parent
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(InputError, match=message):
        run(inputs, **settings)
    after = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert after == before


@pytest.mark.parametrize(("number", "name"), [(3, "targets.tsv"), (4, "baseline.tsv")])
def test_a_table_of_other_targets_is_refused(inputs, number, name):
    table = pd.read_csv(inputs[number], sep="\t")
    table.assign(name=["b", "a", "c"]).to_csv(inputs[number], sep="\t", index=False)
    with pytest.raises(InputError, match=f"{name}.*not those of the test split"):
        run(inputs)


@pytest.mark.parametrize(
    "inputs", [TABLE.assign(name=["NaN", "b", "c"])], indirect=True, ids=["NaN"]
)
def test_a_target_may_be_named_nan(inputs):
    summary, results = run(inputs, targets=["NaN"])
    assert summary["problems"] == []
    assert (results.figures / "000-NaN.png").exists()


@pytest.mark.parametrize(
    ("inputs", "targets", "names"),
    [
        (
            SHARED_NAMES,
            [0, 1, 2],
            ["K562 CTCF | a/b (index 0)", "K562 CTCF | a/b (index 1)", 'an "open" site'],
        ),
        (TOLD_APART, ["CTCF", "REST"], ["CTCF (GM12878)", "CTCF (K562)", "REST"]),
    ],
    indirect=["inputs"],
    ids=["index", "cell type"],
)
def test_targets_with_the_same_name_are_distinguished(inputs, targets, names):
    summary, results = run(inputs, targets=targets, methods=["gradient"])
    assert summary["targets"] == 3
    table = pd.read_csv(results.targets, sep="\t")
    assert table["name"].tolist() == names
    assert table["figure"].nunique() == 3
    assert all((results.figures / f"{stem}-1.png").exists() for stem in table["figure"])
    for path in (results.checks, results.curves):
        rows = pd.read_csv(path, sep="\t").dropna(subset="index")
        assert dict(zip(rows["index"], rows["target"], strict=True)) == dict(enumerate(names))
        assert rows.groupby("index").size().nunique() == 1
    with h5py.File(results.maps) as file:
        assert [file[str(index)].attrs["name"] for index in range(3)] == names


def test_overlaps_of_given_sequences_are_logged(inputs, tmp_path, caplog):
    text = letters(toy_split(30, 0)[0][0])
    path = tmp_path / "given.fa"
    path.write_text(f">first\n{text}\n>shifted\n{text[4:]}ACGT\n")
    summary, _ = run(inputs, sequences=str(path), methods=["gradient"])
    assert summary["loci"] == 2 and summary["problems"] == []
    assert "1 of 2 sequences overlap another" in caplog.text
