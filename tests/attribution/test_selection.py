"""Selection of targets, of loci, and of windows without overlaps."""

import numpy as np
import pandas as pd
import pytest
from linear import sequences
from toy_store import LENGTH, toy_split, write_toy_store

from noncoding.attribution.selection import (
    SHARED,
    DisjointWindows,
    best_true_positives,
    positives,
    select_targets,
)
from noncoding.common.errors import InputError
from noncoding.data.one_hot import one_hot
from noncoding.data.store import FORWARD, Store, StoreHeader, new_store
from noncoding.settings.explain import TargetSelection

METRICS = pd.DataFrame(
    {
        "index": range(6),
        "name": ["Reb1", "Abf1", "twin", "twin", "open", "shut"],
        "group": ["TF", "TF", "TF", "TF", "DNase", "DNase"],
        "auprc": [0.3, 0.9, 0.5, 0.4, np.nan, 0.1],
    }
)
ONE_TARGET = METRICS.loc[[0], ["index", "name", "group"]]


def selected(*targets, best=0, best_per_group=0):
    choice = TargetSelection(targets=list(targets), best=best, best_per_group=best_per_group)
    return select_targets(METRICS, choice)


@pytest.mark.parametrize(
    ("targets", "best", "expected"),
    [
        (["twin", 0], {}, [2, 3, 0]),
        ([], {"best_per_group": 1}, [5, 1]),
        (["Abf1"], {"best_per_group": 2}, [1, 5, 2]),
        (["shut"], {"best": 2}, [5, 1, 2]),
    ],
)
def test_targets_are_selected_by_name_index_and_auprc(targets, best, expected):
    assert selected(*targets, **best) == (expected, [])


@pytest.mark.parametrize("unknown", ["Reb", 6, "1"])
def test_an_unknown_target_is_reported_and_the_others_are_selected(unknown):
    indices, [problem] = selected(unknown, "Abf1")
    assert indices == [1]
    assert f"found {unknown!r}" in problem
    with pytest.raises(InputError, match=r"configuration, key explain: found explain\.targets"):
        selected(unknown)


def test_similar_names_are_suggested():
    _, [problem] = selected("Reb2", 0)
    assert "Did you mean Reb1" in problem


def test_no_target_is_refused():
    with pytest.raises(InputError, match="no target"):
        selected()


def write_store(path, given, loci=None):
    """A store of sequences that are all positive for one target."""
    header = StoreHeader(given.shape[-1], 10, FORWARD, ONE_TARGET, {})
    with new_store(path, header) as writer:
        writer.append(given, np.ones((len(given), 1), np.uint8), loci)
    return Store(path)


def regions(chromosomes, starts, length):
    return pd.DataFrame(
        {"chromosome": chromosomes, "start": starts, "end": np.array(starts) + length}
    )


def test_true_positives_are_ranked_by_probability(tmp_path):
    labels = np.array([1, 0, 1, 1, 0], np.uint8)
    probabilities = np.array([0.2, 0.9, 0.8, 0.8, 0.1], np.float32)
    with write_store(tmp_path / "s.h5", sequences(5, 200)) as store:
        assert best_true_positives(labels, probabilities, 2, store).tolist() == [2, 3]
        assert best_true_positives(labels, probabilities, 9, store).tolist() == [2, 3, 0]


def test_loci_that_overlap_a_better_one_are_skipped(tmp_path):
    loci = regions(list("IIIJI"), [0, 50, 100, 0, 140], 100)
    probabilities = np.array([0.9, 0.8, 0.7, 0.6, 0.5], np.float32)
    with write_store(tmp_path / "s.h5", sequences(5, 100), loci) as store:
        for count, expected in ((9, [0, 2, 3]), (2, [0, 2])):
            found = best_true_positives(np.ones(5, np.uint8), probabilities, count, store)
            assert found.tolist() == expected


def test_loci_are_the_same_without_coordinates(tmp_path):
    """Windows in steps of 80 bp, like those of the DeepSEA bundle in steps of 200 bp."""
    generator = np.random.default_rng(0)
    genome = generator.integers(0, 4, 60_000, dtype=np.uint8)
    starts = 80 * generator.choice(700, 300, replace=False)
    probabilities = generator.random(300, np.float32)
    given = one_hot(np.stack([genome[start : start + 400] for start in starts]))
    found = []
    for loci in (regions("I", starts, 400), None):
        with write_store(tmp_path / f"{loci is None}.h5", given, loci) as store:
            found.append(best_true_positives(np.ones(300, np.uint8), probabilities, 1000, store))
    with_coordinates, without = found
    assert 50 < len(without) < 150
    assert without.tolist() == with_coordinates.tolist()


@pytest.fixture
def splits(tmp_path):
    stores = {
        name: Store(write_toy_store(tmp_path / f"{name}.h5", rows=20, seed=seed))
        for seed, name in enumerate(("test", "train"))
    }
    with stores["test"], stores["train"]:
        yield stores


def test_positives_are_the_best_predicted_of_the_first_split(splits):
    probabilities = np.random.default_rng(0).random((20, 3), np.float32)
    found, taken = positives(splits, probabilities, 0, 4)
    assert taken == {"test": 4}
    given, labels = toy_split(20, 0)
    ranked = np.argsort(-np.where(labels[:, 0], probabilities[:, 0], -1))[:4]
    np.testing.assert_array_equal(found, given[np.sort(ranked)])


def test_further_positives_come_from_other_splits(splits):
    found, taken = positives(splits, np.zeros((20, 3), np.float32), 0, 15)
    assert taken == {"test": 10, "train": 5}
    given, labels = toy_split(20, 1)
    others = {one.tobytes() for one in given[labels[:, 0] == 1]}
    assert all(one.tobytes() in others for one in found[10:])
    _, taken = positives(splits, np.zeros((20, 3), np.float32), 0, 1000)
    assert taken == {"test": 10, "train": 10}


def test_positives_that_overlap_or_are_unknown_are_skipped(tmp_path):
    given = toy_split(4, 0)[0]
    given[2] = 0
    probabilities = np.array([[0.1], [0.9], [0.5], [0.5]], np.float32)
    loci = regions("I", [0, 10, 100, 200], LENGTH)
    with write_store(tmp_path / "s.h5", given, loci) as store:
        found, taken = positives({"test": store}, probabilities, 0, 10)
    np.testing.assert_array_equal(found, given[[1, 3]])
    assert taken == {"test": 2}


WINDOW = 400


def windows_of(genome, starts):
    return one_hot(np.stack([genome[start : start + WINDOW] for start in starts]))


@pytest.mark.parametrize("strand", [lambda one: one, lambda one: one[::-1, ::-1]])
@pytest.mark.parametrize("shift", [0, 1, 200, WINDOW - SHARED, -7, SHARED - WINDOW])
def test_overlaps_are_detected_on_both_strands(strand, shift):
    genome = np.random.default_rng(1).integers(0, 4, 3 * WINDOW, dtype=np.uint8)
    first, second = windows_of(genome, [WINDOW, WINDOW + shift])
    for one, other in ((first, strand(second)), (strand(second), first)):
        windows = DisjointWindows()
        assert windows.add(one)
        assert not windows.add(other)


@pytest.mark.parametrize("distance", [WINDOW, WINDOW - 10, 2 * WINDOW])
def test_short_overlaps_are_ignored(distance):
    genome = np.random.default_rng(1).integers(0, 4, 4 * WINDOW, dtype=np.uint8)
    windows = DisjointWindows()
    assert [windows.add(one) for one in windows_of(genome, [0, distance])] == [True, True]


def test_shared_repeats_and_unknown_bases_are_no_overlaps():
    generator = np.random.default_rng(2)
    first, second = generator.integers(0, 4, (2, WINDOW), dtype=np.uint8)
    first[100:250] = second[50:200] = generator.integers(0, 4, 150)
    first[300:360] = second[:60] = 0
    windows = DisjointWindows()
    assert windows.add(one_hot(first))
    assert windows.add(one_hot(second))
    first[:100] = second[-100:] = 4
    windows = DisjointWindows()
    assert windows.add(one_hot(first))
    assert windows.add(one_hot(second))


def test_windows_with_unknown_bases_overlap_if_the_known_ones_agree():
    genome = np.random.default_rng(3).integers(0, 4, 2 * WINDOW, dtype=np.uint8)
    genome[380:460] = 4
    windows = DisjointWindows()
    assert [windows.add(one) for one in windows_of(genome, [0, 100])] == [True, False]
