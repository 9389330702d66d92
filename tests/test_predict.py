import h5py
import numpy as np
import pytest
import torch
from toy_store import LENGTH, TABLE, toy_sizes, toy_split, write_toy_store

from noncoding.alphabet import reverse_complement
from noncoding.errors import InputError
from noncoding.models import create_model, export_model
from noncoding.predict import predict, read_predictions
from noncoding.store import Store


@pytest.fixture
def model(tmp_path):
    torch.manual_seed(0)
    network = create_model(length=LENGTH, targets=3, **toy_sizes()).eval()
    record = {"dataset": "toy", "model": "tiny", "validation": {}}
    export_model(network, tmp_path / "model", TABLE, record)
    return network, tmp_path / "model"


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
    with h5py.File(tmp_path / "empty.h5", "w"):
        pass
    with Store(store) as split, pytest.raises(InputError, match="cannot be read as predictions"):
        read_predictions(tmp_path / "empty.h5", split)
