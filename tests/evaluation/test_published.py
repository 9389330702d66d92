from pathlib import Path

import numpy as np

from noncoding.data.targets import read_targets
from noncoding.evaluation.published import published_results

OFFICIAL = Path(__file__).parents[2] / "resources" / "deepsea_targets.tsv"


def test_published_results_need_their_test_set():
    table = read_targets(OFFICIAL)
    exact = table["test_positives"].to_numpy(copy=True)
    results, reason = published_results(table, exact)
    assert len(results) == 4 * 919 and "are shown" in reason
    danq = results[results["classifier"] == "DanQ (published)"]
    np.testing.assert_array_equal(danq["auprc"], table["danq_auprc"])
    exact[7] += 1
    results, reason = published_results(table, exact)
    assert results.empty
    assert "1 of 919 targets" in reason and "index 7" in reason
    assert f"{exact[7]:,} instead of {exact[7] - 1:,}" in reason


def test_published_results_need_a_reference_test_set():
    table = read_targets(OFFICIAL).drop(columns="test_positives")
    assert "does not say" in published_results(table, np.zeros(919, int))[1]
    few = table[["index", "name", "group"]]
    assert published_results(few, np.zeros(919, int))[1].endswith("names no published results.")
