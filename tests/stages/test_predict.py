import os
import signal

import h5py
import numpy as np
import pytest
import torch
import warm
from dying_writers import die_after_shard
from toy_store import TABLE, export_toy_model, toy_split, write_toy_store

from noncoding.common.errors import InputError
from noncoding.common.locks import exclusive
from noncoding.data.one_hot import reverse_complement
from noncoding.data.store import Store
from noncoding.models.export import export_model
from noncoding.prediction import shards
from noncoding.prediction.predictions import read_predictions
from noncoding.settings.predict import PredictSettings
from noncoding.stages.predict import predict


@pytest.fixture
def model(tmp_path):
    return export_toy_model(tmp_path / "model"), tmp_path / "model"


@pytest.fixture
def small_shards(monkeypatch):
    """Shards of one batch."""
    monkeypatch.setattr(shards, "LOCI", 5)


def predicted(model, store, folder):
    """Probabilities of all loci, in batches of 5, from one run of the stage."""
    predict(model, store, folder, PredictSettings(batch_size=5, devices="auto"))
    with Store(store) as split:
        return read_predictions(folder / "predictions.h5", split)


@pytest.mark.parametrize("both", [False, True])
def test_both_strands_of_each_locus_are_averaged(model, tmp_path, both):
    network, folder = model
    store = write_toy_store(tmp_path / "test.h5", rows=23, both=both)
    sequences = toy_split(23, 0)[0].astype(np.float32)
    with torch.no_grad():
        expected = [
            network(torch.from_numpy(strand.copy())).sigmoid()
            for strand in (sequences, reverse_complement(sequences))
        ]
    given = predicted(folder, store, tmp_path)
    assert given.dtype == np.float32
    np.testing.assert_allclose(given, sum(expected) / 2, rtol=1e-5, atol=1e-6)


def test_non_finite_weights_are_refused(model, tmp_path):
    network, folder = model
    network.head.output.bias.data[1] = torch.nan
    export_model(
        network, folder, TABLE, {"dataset": "t", "model": "t", "bin": 20, "validation": {}}
    )
    store = write_toy_store(tmp_path / "test.h5", rows=4)
    with pytest.raises(InputError, match="prediction of locus 0"):
        predicted(folder, store, tmp_path)
    assert not (tmp_path / "predictions.h5").exists()


def killed(model, store, folder):
    """A prediction that ends after its third shard."""
    shards.LOCI = 5
    die_after_shard(10)
    predicted(model, store, folder)


def test_a_killed_prediction_resumes_to_the_same_values(model, tmp_path, monkeypatch, small_shards):
    store = write_toy_store(tmp_path / "test.h5", rows=23, both=True)
    predicted(model[1], store, tmp_path / "whole")
    status, said = warm.run(killed, model[1], store, tmp_path / "cut")
    assert status == -signal.SIGKILL, said
    assert not (tmp_path / "cut" / "predictions.h5").exists()
    unfinished = tmp_path / "cut" / "predictions.h5.unfinished"
    assert sorted(path.name for path in unfinished.glob("*.npy")) == ["0.npy", "10.npy", "5.npy"]

    written = []
    write = shards.Shards.write
    monkeypatch.setattr(
        shards.Shards,
        "write",
        lambda self, loci, values: (written.append(loci.start), write(self, loci, values)),
    )
    predicted(model[1], store, tmp_path / "cut")
    assert written == [15, 20]
    files = [h5py.File(tmp_path / name / "predictions.h5") for name in ("whole", "cut")]
    np.testing.assert_array_equal(*(file["probability"][:] for file in files))
    assert dict(files[0].attrs) == dict(files[1].attrs)


def test_shards_of_another_model_are_deleted(model, tmp_path, small_shards):
    store = write_toy_store(tmp_path / "test.h5", rows=9)
    others = shards.Shards(tmp_path / "predictions.h5.unfinished", (9, 3), 5)
    others.missing({"model": "another"})
    others.write(slice(0, 5), np.full((5, 3), 0.5, np.float32))
    assert (predicted(model[1], store, tmp_path)[:5] != 0.5).any()


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
def test_damaged_shards_are_predicted_again(model, tmp_path, small_shards, name, damage):
    """Files may be damaged by a loss of power, or edited."""
    store = write_toy_store(tmp_path / "test.h5", rows=9)
    expected = predicted(model[1], store, tmp_path)
    (tmp_path / "predictions.h5").unlink()
    damage(tmp_path / "predictions.h5.unfinished" / name)
    np.testing.assert_array_equal(predicted(model[1], store, tmp_path), expected)


def test_rejected_predictions_are_written_again(model, tmp_path, monkeypatch):
    """Snakemake deletes results that it rejects, e.g. after the clock was set back."""
    store = write_toy_store(tmp_path / "test.h5", rows=9)
    expected = predicted(model[1], store, tmp_path)
    (tmp_path / "predictions.h5").unlink()
    monkeypatch.setattr("noncoding.prediction.inference.strand_averaged", None)
    np.testing.assert_array_equal(predicted(model[1], store, tmp_path), expected)


def test_a_second_prediction_of_the_same_file_is_refused(model, tmp_path):
    store = write_toy_store(tmp_path / "test.h5", rows=9)
    unfinished = tmp_path / "predictions.h5.unfinished"
    message = rf"process {os.getpid()} of \S+ on "
    with exclusive(unfinished), pytest.raises(InputError, match=message):
        predicted(model[1], store, tmp_path)


def test_devices_that_share_the_loci_give_the_values_of_one(
    model, tmp_path, monkeypatch, small_shards
):
    store = write_toy_store(tmp_path / "test.h5", rows=40, both=True)
    one = predicted(model[1], store, tmp_path / "one")
    monkeypatch.setattr("noncoding.stages.predict.devices", lambda _: [torch.device("cpu")] * 3)
    np.testing.assert_array_equal(predicted(model[1], store, tmp_path / "three"), one)
