import h5py
import numpy as np
import pandas as pd
import pytest
from toy_store import write_toy_store

from noncoding.common.errors import InputError
from noncoding.data.store import FORWARD, Store, StoreHeader, new_store
from noncoding.prediction.predictions import read_predictions, write_predictions


@pytest.fixture
def written(tmp_path):
    """A store of four loci, its predictions, and their values."""
    path = tmp_path / "predictions.h5"
    values = np.random.default_rng(1).random((4, 3), np.float32)
    store = write_toy_store(tmp_path / "test.h5", rows=4, both=True)
    with Store(store) as split:
        write_predictions(
            path, [(slice(0, 3), values[:3]), (slice(3, 4), values[3:])], split, "digest"
        )
    return store, path, values


def test_predictions_are_read_as_written(written):
    store, path, values = written
    with Store(store) as split:
        np.testing.assert_array_equal(read_predictions(path, split), values)


def test_some_targets_are_read_without_the_others(tmp_path):
    """A chunk holds few targets, so that the others need not be read."""
    table = pd.DataFrame({"index": range(70)}).assign(name="t", group="TF")
    with new_store(tmp_path / "test.h5", StoreHeader(16, 8, FORWARD, table, {})) as writer:
        writer.append(np.zeros((1500, 4, 16), np.uint8), np.zeros((1500, 70), np.uint8))
    values = np.random.default_rng(1).random((1500, 70), np.float32)
    path = tmp_path / "predictions.h5"
    with Store(tmp_path / "test.h5") as split:
        shards = [(slice(0, 900), values[:900]), (slice(900, 1500), values[900:])]
        write_predictions(path, shards, split, "digest")
        for block in (slice(0, 8), slice(24, 48), slice(64, 70)):
            np.testing.assert_array_equal(read_predictions(path, split, block), values[:, block])
    with h5py.File(path) as file:
        assert file["probability"].chunks == (1024, 32)


def test_predictions_of_another_store(written, tmp_path):
    path = written[1]
    other = write_toy_store(tmp_path / "other.h5", rows=6, both=True)
    with Store(other) as split, pytest.raises(InputError, match="Run the stage 'predict' again"):
        read_predictions(path, split)
    # The same number of rows, but other sequences.
    other = write_toy_store(tmp_path / "other.h5", rows=4, seed=1, both=True)
    with Store(other) as split, pytest.raises(InputError, match="of a store with the digest"):
        read_predictions(path, split)


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
    ("change", "message"),
    [
        (emptied, "there is no 'probability'.*Run the stage 'predict' again"),
        (grouped, "'probability' is no data set"),
        (linked, "'probability' is a link to another place"),
        (lambda file: file.attrs.__delitem__("store"), "digest None"),
        (set_to(np.nan), "prediction of locus 2: found a value that is not between 0 and 1"),
        (set_to(-0.1), "prediction of locus 2"),
        (set_to(7), "prediction of locus 2"),
    ],
)
def test_values_that_are_not_probabilities_are_refused(written, change, message):
    store, path, _ = written
    with h5py.File(path, "r+") as file:
        change(file)
    with Store(store) as split, pytest.raises(InputError, match=message):
        read_predictions(path, split)
