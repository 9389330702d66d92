from pathlib import Path

import numpy as np
import pytest

from noncoding.data.targets import read_targets
from noncoding.evaluation.published import published_results

OFFICIAL = Path(__file__).parents[2] / "resources" / "deepsea_targets.tsv"


def test_published_results_need_their_test_set():
    table = read_targets(OFFICIAL)
    exact = table["test_positives"].to_numpy(copy=True)
    results, reason, note = published_results(table, exact)
    assert len(results) == 4 * 919 and "are shown" in reason and note == ""
    danq = results[results["classifier"] == "DanQ (published)"]
    np.testing.assert_array_equal(danq["auprc"], table["danq_auprc"])
    exact[7] += 1
    results, reason, note = published_results(table, exact)
    assert results.empty and note == ""
    assert "1 of 919 targets" in reason and "index 7" in reason
    assert f"{exact[7]:,} instead of {exact[7] - 1:,}" in reason


def test_published_results_need_a_reference_test_set():
    table = read_targets(OFFICIAL).drop(columns="test_positives")
    assert "does not say" in published_results(table, np.zeros(919, int)).reason
    few = table[["index", "name", "group"]]
    reason = published_results(few, np.zeros(919, int)).reason
    assert reason.endswith("names no published results.")


def test_a_rebuilt_test_set_may_differ_by_half_a_percent():
    table = read_targets(OFFICIAL)
    # Target 0 has 18,014 positive rows: 90 is 0.4996 % of them.
    close = table["test_positives"].to_numpy(copy=True)
    close[0] += 90
    assert published_results(table, close).results.empty
    results, reason, note = published_results(table, close, rebuilt=True)
    assert len(results) == 4 * 919
    assert "all 919 targets have as many positive test rows" in reason and "0.5 %" in reason
    assert "rebuilt, not identical" in note
    assert "largest relative difference 0.5 %, mean 0.000544 %" in note  # 90 / 18014 / 919

    close[0] += 1  # 0.505 %
    results, reason, note = published_results(table, close, rebuilt=True)
    assert results.empty and note == ""
    assert "1 of 919 targets" in reason and "the test set is rebuilt" in reason
    assert "18,105 instead of 18,014" in reason
    assert "largest relative difference 0.505 %, mean 0.00055 %" in reason


def test_a_positive_row_of_a_target_without_published_ones_hides_the_results():
    table = read_targets(OFFICIAL)
    counts = table["test_positives"].to_numpy(copy=True)
    assert counts[598] == 0
    counts[598] = 2
    reason = published_results(table, counts, rebuilt=True).reason
    assert "index 598): 2 instead of 0" in reason and "difference 200 %" in reason


@pytest.mark.parametrize("rebuilt", [False, True])
def test_a_target_without_a_published_number_hides_the_results(rebuilt):
    table = read_targets(OFFICIAL).astype({"test_positives": object})
    counts = table["test_positives"].to_numpy(dtype=int)
    table.loc[7, "test_positives"] = ""
    results, reason, _ = published_results(table, counts, rebuilt=rebuilt)
    assert results.empty and "row 8, column test_positives" in reason


def test_values_of_a_table_of_peak_files_are_text():
    table = read_targets(OFFICIAL).astype(str).replace("nan", "")
    table["index"] = range(919)
    counts = table["test_positives"].to_numpy(dtype=int)
    results = published_results(table, counts, rebuilt=True).results
    assert results["auroc"].dtype == float
    # Target 598 has no published results.
    assert results[results["auroc"].isna()]["index"].unique().tolist() == [598]
