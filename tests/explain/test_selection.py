import numpy as np
import pandas as pd
import pytest

from noncoding.errors import InputError
from noncoding.explain.figures import strongest_window
from noncoding.explain.select import best_true_positives, chosen_targets
from noncoding.explain.truth import per_base, planted_sites, truth_metrics

METRICS = pd.DataFrame(
    {
        "index": range(6),
        "name": ["Reb1", "Abf1", "twin", "twin", "open", "shut"],
        "group": ["TF", "TF", "TF", "TF", "DNase", "DNase"],
        "auprc": [0.3, 0.9, 0.5, 0.4, np.nan, 0.1],
    }
)


def test_by_name_by_index_and_the_best_of_each_group():
    assert chosen_targets(METRICS, ["twin", 0], 0) == [2, 3, 0]
    assert chosen_targets(METRICS, [], 1) == [5, 1]
    assert chosen_targets(METRICS, ["Abf1"], 2) == [1, 5, 2]


@pytest.mark.parametrize("wanted", ["Reb", 6, "1"])
def test_unknown_target(wanted):
    with pytest.raises(InputError, match=r"explain\.targets"):
        chosen_targets(METRICS, [wanted], 0)


def test_a_misspelt_target_is_guessed():
    with pytest.raises(InputError, match=r"Did you mean Reb1"):
        chosen_targets(METRICS, ["Reb2"], 0)


def test_best_true_positives():
    labels = np.array([1, 0, 1, 1, 0], np.uint8)
    probabilities = np.array([0.2, 0.9, 0.8, 0.8, 0.1], np.float32)
    assert best_true_positives(labels, probabilities, 2).tolist() == [2, 3]
    assert best_true_positives(labels, probabilities, 9).tolist() == [2, 3, 0]


def test_loci_that_overlap_a_better_one_are_passed_over():
    labels = np.ones(5, np.uint8)
    probabilities = np.array([0.9, 0.8, 0.7, 0.6, 0.5], np.float32)
    loci = pd.DataFrame(
        {
            "chromosome": list("IIIJI"),
            "start": [0, 50, 100, 0, 140],
            "end": [100, 150, 200, 100, 240],
        }
    )
    assert best_true_positives(labels, probabilities, 9, loci).tolist() == [0, 2, 3]
    assert best_true_positives(labels, probabilities, 2, loci).tolist() == [0, 2]


def test_maps_are_laid_out_in_steps():
    maps = np.array([[1.0, 2.0, 3.0]], np.float32)
    assert per_base(maps, 6).tolist() == [[1, 1, 2, 2, 3, 3]]
    # Seven bases on three positions: shares of 3, 2 and 2.
    assert per_base(maps, 7).tolist() == [[1, 1, 1, 2, 2, 3, 3]]


def test_strongest_window_holds_the_peak_in_its_middle():
    gradcam = np.zeros(100, np.float32)
    gradcam[40] = 1
    start, end = strongest_window(gradcam, 1000, 60)
    assert end - start == 60
    assert abs((start + end) / 2 - 405) <= 5
    gradcam[:] = 0
    gradcam[0] = 1
    assert strongest_window(gradcam, 1000, 60)[0] <= 10


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
