"""Agreement with planted motifs, by hand."""

import numpy as np
import pandas as pd

from noncoding.attribution.checks.planted_motifs import peak_distances, planted_sites, truth_metrics


def test_auroc_of_planted_bases(tmp_path):
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
    # Locus 4: of the pairs of 0.9 and 0.1 with 0.5 and 0.2, two of four are in order.
    np.testing.assert_allclose(truth_metrics(maps, sites)[0], [1.0, 0.5, np.nan])


def test_distance_of_the_peak():
    maps = np.zeros((4, 10), np.float32)
    maps[0, 2], maps[1, 9], maps[2, 0] = 1, 1, 1
    sites = [[(2, 4)], [(2, 4), (5, 7)], [(3, 5)], []]
    np.testing.assert_array_equal(peak_distances(maps, sites), [0, 3, 3, np.nan])
