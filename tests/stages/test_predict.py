import os
import signal
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from toy_store import TABLE, export_toy_model, toy_split, write_toy_store

from noncoding.common.errors import InputError
from noncoding.common.locks import exclusive
from noncoding.data.one_hot import reverse_complement
from noncoding.data.store import Store
from noncoding.models.export import export_model
from noncoding.prediction import shards as parts
from noncoding.prediction.inference import devices
from noncoding.prediction.predictions import read_predictions
from noncoding.stages.predict import predict


@pytest.fixture
def model(tmp_path):
    return export_toy_model(tmp_path / "model"), tmp_path / "model"


@pytest.mark.parametrize("both", [False, True])
def test_both_strands_of_each_locus_are_averaged(model, tmp_path, both):
    network, folder = model
    store = write_toy_store(tmp_path / "test.h5", rows=23, both=both)
    predict(folder, store, tmp_path / "predictions.h5", batch_size=5)
    sequences = toy_split(23, 0)[0].astype(np.float32)
    with torch.no_grad():
        expected = [
            network(torch.from_numpy(strand.copy())).sigmoid()
            for strand in (sequences, reverse_complement(sequences))
        ]
    with Store(store) as split:
        given = read_predictions(tmp_path / "predictions.h5", split)
    assert given.dtype == np.float32
    np.testing.assert_allclose(given, sum(expected) / 2, rtol=1e-5, atol=1e-6)


def test_weights_that_are_not_finite(model, tmp_path):
    network, folder = model
    network.head.output.bias.data[1] = torch.nan
    export_model(network, folder, TABLE, {"dataset": "t", "model": "t", "validation": {}})
    store = write_toy_store(tmp_path / "test.h5", rows=4)
    with pytest.raises(InputError, match="prediction of locus 0"):
        predict(folder, store, tmp_path / "predictions.h5", batch_size=5)
    assert not (tmp_path / "predictions.h5").exists()


def test_predictions_of_another_store(model, tmp_path):
    store = write_toy_store(tmp_path / "test.h5", rows=4)
    other = write_toy_store(tmp_path / "other.h5", rows=6)
    predict(model[1], store, tmp_path / "predictions.h5", batch_size=5)
    with Store(other) as split, pytest.raises(InputError, match="Run the stage 'predict' again"):
        read_predictions(tmp_path / "predictions.h5", split)
    # As many rows, but others.
    other = write_toy_store(tmp_path / "other.h5", rows=4, seed=1)
    with Store(other) as split, pytest.raises(InputError, match="of a store with the digest"):
        read_predictions(tmp_path / "predictions.h5", split)


def emptied(file):
    del file["probability"]


def grouped(file):
    del file["probability"]
    file.create_group("probability")


def linked(file):
    del file["probability"]
    file["probability"] = h5py.ExternalLink("other.h5", "probability")


def set_to(value):
    def change(file):
        file["probability"][2, 1] = value

    return change


@pytest.mark.parametrize(
    ("change", "fragment"),
    [
        (emptied, "there is no 'probability'.*Run the stage 'predict' again"),
        (grouped, "'probability' is no data set"),
        (linked, "'probability' is a link to another place"),
        (lambda file: file.attrs.__delitem__("store"), "digest None"),
        (set_to(np.nan), "prediction of locus 2: found a value that is no number from 0 to 1"),
        (set_to(-0.1), "prediction of locus 2"),
        (set_to(7), "prediction of locus 2"),
    ],
)
def test_what_is_no_probability_is_refused(model, tmp_path, change, fragment):
    store = write_toy_store(tmp_path / "test.h5", rows=4)
    predict(model[1], store, tmp_path / "predictions.h5", batch_size=5)
    with h5py.File(tmp_path / "predictions.h5", "r+") as file:
        change(file)
    with Store(store) as split, pytest.raises(InputError, match=fragment):
        read_predictions(tmp_path / "predictions.h5", split)


KILLED = """
import os, signal, sys
from noncoding.prediction import shards as parts
from noncoding.stages.predict import predict
parts.LOCI = 5
write = parts.Parts.write
def killed(self, rows, values):
    write(self, rows, values)
    if rows.start >= 10:
        os.kill(os.getpid(), signal.SIGKILL)
parts.Parts.write = killed
predict(*sys.argv[1:], batch_size=5)
"""


def test_a_prediction_that_was_killed_goes_on_to_the_same_values(model, tmp_path, monkeypatch):
    store = write_toy_store(tmp_path / "test.h5", rows=23, both=True)
    monkeypatch.setattr(parts, "LOCI", 5)
    predict(model[1], store, tmp_path / "whole.h5", batch_size=5)
    command = [sys.executable, "-c", KILLED, str(model[1]), str(store), str(tmp_path / "cut.h5")]
    root = str(Path(__file__).parents[2])
    done = subprocess.run(command, check=False, env=os.environ | {"PYTHONPATH": root})
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "cut.h5").exists()
    left = tmp_path / "cut.h5.unfinished"
    assert sorted(path.name for path in left.glob("*.npy")) == ["0.npy", "10.npy", "5.npy"]

    written = []
    write = parts.Parts.write
    monkeypatch.setattr(
        parts.Parts,
        "write",
        lambda self, rows, v: (written.append(rows.start), write(self, rows, v)),
    )
    predict(model[1], store, tmp_path / "cut.h5", batch_size=5)
    assert written == [15, 20]
    with h5py.File(tmp_path / "whole.h5") as whole, h5py.File(tmp_path / "cut.h5") as cut:
        np.testing.assert_array_equal(whole["probability"][:], cut["probability"][:])
        assert dict(whole.attrs) == dict(cut.attrs)


def test_parts_of_another_model_are_not_taken_over(model, tmp_path, monkeypatch):
    folder = model[1]
    store = write_toy_store(tmp_path / "test.h5", rows=9)
    monkeypatch.setattr(parts, "LOCI", 5)
    left = parts.Parts(tmp_path / "predictions.h5.unfinished", (9, 3), 5)
    left.missing({"model": "another"})
    left.write(slice(0, 5), np.full((5, 3), 0.5, np.float32))
    predict(folder, store, tmp_path / "predictions.h5", batch_size=5)
    with Store(store) as split:
        assert (read_predictions(tmp_path / "predictions.h5", split)[:5] != 0.5).any()


def cut(path):
    path.write_bytes(path.read_bytes()[:-40])


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("settings.json", lambda path: path.write_text("")),
        ("settings.json", cut),
        ("5.npy", lambda path: path.write_text("")),
        ("5.npy", cut),
        ("5.npy", lambda path: path.write_bytes(bytes(path.stat().st_size))),
        ("5.npy", lambda path: np.save(path, np.full((5, 1), 0.5, np.float32))),
        ("5.npy", lambda path: np.save(path, np.full((5, 3), 0.5))),
        ("5.npy", lambda path: np.save(path, np.full((5, 3), None), allow_pickle=True)),
        ("5.npy", lambda path: path.write_bytes(b"PK\x03\x04 no archive")),
    ],
)
def test_damaged_parts_are_predicted_again(model, tmp_path, monkeypatch, name, damage):
    """As a loss of power leaves files that were not on the disk yet, or somebody changed them."""
    store = write_toy_store(tmp_path / "test.h5", rows=9)
    monkeypatch.setattr(parts, "LOCI", 5)
    predict(model[1], store, tmp_path / "predictions.h5", batch_size=5)
    with Store(store) as split:
        expected = read_predictions(tmp_path / "predictions.h5", split)
        (tmp_path / "predictions.h5").unlink()
        damage(tmp_path / "predictions.h5.unfinished" / name)
        predict(model[1], store, tmp_path / "predictions.h5", batch_size=5)
        given = read_predictions(tmp_path / "predictions.h5", split)
    np.testing.assert_array_equal(given, expected)


def test_predictions_that_were_not_accepted_are_written_again(model, tmp_path, monkeypatch):
    """Snakemake deletes results that it does not accept: those of a clock that was set back."""
    store = write_toy_store(tmp_path / "test.h5", rows=9)
    path = tmp_path / "predictions.h5"
    predict(model[1], store, path, batch_size=5)
    with Store(store) as split:
        expected = read_predictions(path, split)
        path.unlink()
        monkeypatch.setattr(
            "noncoding.prediction.inference.strand_averaged", None
        )  # computes nothing
        predict(model[1], store, path, batch_size=5)
        np.testing.assert_array_equal(read_predictions(path, split), expected)


def test_a_second_prediction_of_the_same_file_is_refused(model, tmp_path):
    store = write_toy_store(tmp_path / "test.h5", rows=9)
    path = tmp_path / "predictions.h5"
    fragment = rf"process {os.getpid()} of \S+ on "
    with exclusive(f"{path}.unfinished"), pytest.raises(InputError, match=fragment):
        predict(model[1], store, path, batch_size=5)


def test_devices_that_share_the_loci_give_the_values_of_one(model, tmp_path, monkeypatch):
    store = write_toy_store(tmp_path / "test.h5", rows=40, both=True)
    monkeypatch.setattr(parts, "LOCI", 5)
    for name, number in (("one", 1), ("three", 3)):
        shared = [torch.device("cpu")] * number
        predict(model[1], store, tmp_path / f"{name}.h5", batch_size=5, devices=shared)
    with Store(store) as split:
        one, three = (read_predictions(tmp_path / f"{n}.h5", split) for n in ("one", "three"))
    np.testing.assert_array_equal(one, three)


def test_more_devices_than_there_are(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert devices("auto") == [torch.device("cuda", 0), torch.device("cuda", 1)]
    with pytest.raises(InputError, match="at most 2, the GPUs"):
        devices(3)
