"""Which sequences motifs are learned from."""

import numpy as np
import pandas as pd
import pytest
from toy_store import LENGTH, toy_split, write_toy_store

from noncoding.attribution.positives import positives
from noncoding.data.one_hot import one_hot
from noncoding.data.store import FORWARD, Store, StoreHeader, new_store


@pytest.fixture
def splits(tmp_path):
    stores = {
        name: Store(write_toy_store(tmp_path / f"{name}.h5", rows=20, seed=seed))
        for seed, name in enumerate(("test", "train"))
    }
    with stores["test"], stores["train"]:
        yield stores


def test_the_first_split_comes_first_and_its_best_predicted(splits):
    generator = np.random.default_rng(0)
    probabilities = generator.random((20, 3), np.float32)
    one_hot, taken = positives(splits, probabilities, 0, 4)
    assert taken == {"test": 4}
    sequences, labels = toy_split(20, 0)
    ranked = np.argsort(-np.where(labels[:, 0], probabilities[:, 0], -1))[:4]
    np.testing.assert_array_equal(one_hot, sequences[np.sort(ranked)])


def test_other_splits_fill_up_what_is_missing(splits):
    one_hot, taken = positives(splits, np.zeros((20, 3), np.float32), 0, 15)
    assert taken == {"test": 10, "train": 5}
    sequences, labels = toy_split(20, 1)
    others = {one.tobytes() for one in sequences[labels[:, 0] == 1]}
    assert all(one.tobytes() in others for one in one_hot[10:])
    _, taken = positives(splits, np.zeros((20, 3), np.float32), 0, 1000)
    assert taken == {"test": 10, "train": 10}


def test_windows_that_overlap_or_hold_nothing_are_passed_over(tmp_path):
    table = pd.DataFrame({"index": [0], "name": ["a"], "group": ["TF"]})
    starts = np.array([0, 10, 100, 200])
    loci = pd.DataFrame({"chromosome": "I", "start": starts, "end": starts + LENGTH})
    sequences = toy_split(4, 0)[0]
    sequences[2] = 0
    with new_store(tmp_path / "s.h5", StoreHeader(LENGTH, 10, FORWARD, table, {})) as writer:
        writer.append(sequences, np.ones((4, 1), np.uint8), loci)
    with Store(tmp_path / "s.h5") as store:
        probabilities = np.array([[0.1], [0.9], [0.5], [0.5]], np.float32)
        one_hot, taken = positives({"test": store}, probabilities, 0, 10)
    np.testing.assert_array_equal(one_hot, sequences[[1, 3]])
    assert taken == {"test": 2}


def test_overlap_is_recognised_without_coordinates(tmp_path):
    """Windows of 160 bp, one every 40 bp, as the DeepSEA bundle has 1000 every 200."""
    table = pd.DataFrame({"index": [0], "name": ["a"], "group": ["TF"]})
    genome = np.random.default_rng(0).integers(0, 4, 2000, dtype=np.uint8)
    starts = np.arange(0, 1800, 40)
    sequences = one_hot(np.stack([genome[start : start + 160] for start in starts]))
    with new_store(tmp_path / "s.h5", StoreHeader(160, 40, FORWARD, table, {})) as writer:
        writer.append(sequences, np.ones((len(starts), 1), np.uint8))
    best_first = -np.arange(len(starts), dtype=np.float32)[:, None]
    with Store(tmp_path / "s.h5") as store:
        found, taken = positives({"test": store}, best_first, 0, 100)
    np.testing.assert_array_equal(found, sequences[::4])
    assert taken == {"test": len(sequences[::4])}
