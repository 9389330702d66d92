"""Which targets and loci are explained, and the truth about them."""

from contextlib import ExitStack

import numpy as np
import pandas as pd
import pytest
from linear import sequences

from noncoding.attribution.checks.planted_motifs import peak_distances, planted_sites, truth_metrics
from noncoding.attribution.selection import TargetSelection, best_true_positives, chosen_targets
from noncoding.common.errors import InputError
from noncoding.data.one_hot import one_hot
from noncoding.data.store import FORWARD, Store, StoreHeader, new_store

METRICS = pd.DataFrame(
    {
        "index": range(6),
        "name": ["Reb1", "Abf1", "twin", "twin", "open", "shut"],
        "group": ["TF", "TF", "TF", "TF", "DNase", "DNase"],
        "auprc": [0.3, 0.9, 0.5, 0.4, np.nan, 0.1],
    }
)


def test_by_name_by_index_and_the_best_of_all_and_of_each_group():
    assert chosen_targets(METRICS, TargetSelection(["twin", 0], 0, 0)) == ([2, 3, 0], [])
    assert chosen_targets(METRICS, TargetSelection([], 0, 1)) == ([5, 1], [])
    assert chosen_targets(METRICS, TargetSelection(["Abf1"], 0, 2)) == ([1, 5, 2], [])
    assert chosen_targets(METRICS, TargetSelection(["shut"], 2, 0)) == ([5, 1, 2], [])


@pytest.mark.parametrize("wanted", ["Reb", 6, "1"])
def test_an_unknown_target_is_told_and_the_others_are_chosen(wanted):
    chosen, [problem] = chosen_targets(METRICS, TargetSelection([wanted, "Abf1"], 0, 0))
    assert chosen == [1]
    assert f"found {wanted!r}" in problem
    with pytest.raises(InputError, match=r"configuration, key explain: found explain\.targets"):
        chosen_targets(METRICS, TargetSelection([wanted], 0, 0))


def test_a_misspelt_target_is_guessed():
    _, [problem] = chosen_targets(METRICS, TargetSelection(["Reb2", 0], 0, 0))
    assert "Did you mean Reb1" in problem


def test_no_target_at_all_is_refused():
    with pytest.raises(InputError, match="no target"):
        chosen_targets(METRICS, TargetSelection([], 0, 0))


@pytest.fixture
def stored(tmp_path):
    """Makes a store of sequences whose labels are all one, with or without coordinates."""
    with ExitStack() as stack:

        def make(sequences, loci=None):
            table = METRICS.loc[[0], ["index", "name", "group"]]
            path = tmp_path / f"{loci is None}.h5"
            header = StoreHeader(sequences.shape[-1], 10, FORWARD, table, {})
            with new_store(path, header) as writer:
                writer.append(sequences, np.ones((len(sequences), 1), np.uint8), loci)
            return stack.enter_context(Store(path))

        yield make


def test_best_true_positives(stored):
    labels = np.array([1, 0, 1, 1, 0], np.uint8)
    probabilities = np.array([0.2, 0.9, 0.8, 0.8, 0.1], np.float32)
    store = stored(sequences(5, 200))
    assert best_true_positives(labels, probabilities, 2, store).tolist() == [2, 3]
    assert best_true_positives(labels, probabilities, 9, store).tolist() == [2, 3, 0]


def test_loci_that_overlap_a_better_one_are_passed_over(stored):
    labels = np.ones(5, np.uint8)
    probabilities = np.array([0.9, 0.8, 0.7, 0.6, 0.5], np.float32)
    loci = pd.DataFrame({"chromosome": list("IIIJI"), "start": [0, 50, 100, 0, 140]})
    store = stored(sequences(5, 100), loci.assign(end=loci["start"] + 100))
    assert best_true_positives(labels, probabilities, 9, store).tolist() == [0, 2, 3]
    assert best_true_positives(labels, probabilities, 2, store).tolist() == [0, 2]


def test_without_coordinates_the_same_loci_are_chosen_as_with_them(stored):
    """Windows at bins of 80 bp, as the DeepSEA bundle has them at 200, without coordinates."""
    generator = np.random.default_rng(0)
    genome = generator.integers(0, 4, 60_000, dtype=np.uint8)
    starts = 80 * generator.choice(700, 300, replace=False)
    loci = pd.DataFrame({"chromosome": "I", "start": starts, "end": starts + 400})
    probabilities = generator.random(300, np.float32)
    given = one_hot(np.stack([genome[start : start + 400] for start in starts]))
    labels = np.ones(300, np.uint8)
    with_them, without = (
        best_true_positives(labels, probabilities, 1000, stored(given, coordinates))
        for coordinates in (loci, None)
    )
    assert 50 < len(without) < 150
    assert without.tolist() == with_them.tolist()


def test_truth_metrics_by_hand(tmp_path):
    table = pd.DataFrame(
        [
            ("test", 4, "M", 1, 3, "+"),
            ("test", 4, "other", 5, 6, "+"),
            ("train", 4, "M", 0, 6, "+"),
            ("test", 7, "N", 0, 1, "-"),
        ],
        columns=["split", "locus", "motif", "start", "end", "strand"],
    )
    table.to_csv(tmp_path / "truth.tsv", sep="\t", index=False)
    sites = planted_sites(tmp_path / "truth.tsv", "M,N", np.array([7, 4, 5]))
    assert sites == [[(0, 1)], [(1, 3)], []]
    maps = np.array([[0.9, 0.1, 0.1, 0.1], [0.5, 0.9, 0.1, 0.2], [0.1, 0.2, 0.3, 0.4]], np.float32)
    # Locus 4: planted .9 and .1 against .5 and .2: two of four pairs in order.
    np.testing.assert_allclose(truth_metrics(maps, sites)[0], [1.0, 0.5, np.nan])


def test_distances_of_peaks_by_hand():
    maps = np.zeros((4, 10), np.float32)
    maps[0, 2], maps[1, 9], maps[2, 0] = 1, 1, 1
    sites = [[(2, 4)], [(2, 4), (5, 7)], [(3, 5)], []]
    np.testing.assert_array_equal(peak_distances(maps, sites), [0, 3, 3, np.nan])
