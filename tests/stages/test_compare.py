"""Comparisons against closed forms, and a store with exactly the official counts."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from noncoding.common.errors import InputError
from noncoding.data.store import BOTH, StoreHeader, new_store
from noncoding.data.targets import read_targets
from noncoding.evaluation.intervals import Replicates, write_replicates
from noncoding.evaluation.pairs import all_pairs, paired, versus
from noncoding.evaluation.published import published_results
from noncoding.evaluation.ranking import ranking
from noncoding.stages.compare import ComparisonOutputs, compare

OFFICIAL = Path(__file__).parents[2] / "resources" / "deepsea_targets.tsv"


def resampled(values, blocks=400):
    """Replicates of both metrics, from blocks of one locus, every second one positive."""
    values = np.asarray(values, dtype=float)
    positives = np.tile(np.arange(blocks)[:, None] % 2, values.shape[1])
    loci = np.ones(blocks, np.int32)
    return Replicates(values / 2 + 0.5, values, positives.astype(np.int32), loci, seed=1)


def test_a_pair_by_hand():
    first = np.array([0.9, 0.5, 0.7, np.nan, 0.4])
    second = np.array([0.8, 0.6, 0.7, 0.1, 0.1])
    result = paired("auprc", first, second)
    assert (result["targets"], result["wins"], result["ties"]) == (4, 2, 1)
    assert result["median_difference"] == pytest.approx(0.05)
    assert result["mean_difference"] == pytest.approx(0.3 / 4)
    assert np.isnan([result["low"], result["high"], result["p_value"]]).all()


def test_a_classifier_against_itself_differs_by_nothing():
    values = np.array([0.2, 0.8])
    drawn = resampled(np.random.default_rng(1).random((9, 2)))
    result = paired("auprc", values, values, (drawn, drawn))
    assert (result["wins"], result["ties"], result["low"], result["high"]) == (0, 2, 0, 0)
    assert np.isnan(result["p_value"])


def test_a_difference_keeps_what_two_models_share():
    generator = np.random.default_rng(1)
    shared = generator.normal(0, 0.2, (4000, 1))
    first = resampled(0.5 + shared + generator.normal(0, 0.01, (4000, 3)))
    second = resampled(0.48 + shared + generator.normal(0, 0.01, (4000, 3)))
    result = paired("auprc", np.full(3, 0.5), np.full(3, 0.48), (first, second))
    # Each alone spreads by 0.2; the difference of the means by 0.01 × sqrt(2 / 3).
    error = 0.01 * np.sqrt(2 / 3)
    reach = t.ppf(0.975, 199) * error
    assert result["low"] == pytest.approx(0.02 - reach, abs=1e-3)
    assert result["high"] == pytest.approx(0.02 + reach, abs=1e-3)
    assert result["p_value"] == pytest.approx(2 * t.sf(0.02 / error, 199), rel=0.3)


def metrics_of(**columns):
    return pd.concat(
        pd.DataFrame(
            {
                "index": range(len(values)),
                "classifier": name,
                "kind": "model" if name in ("a", "b") else "baseline",
                "auroc": np.array(values) / 2 + 0.5,
                "auprc": values,
            }
        )
        for name, values in columns.items()
    )


def replicates_of(values):
    return resampled(np.tile(np.array(values, dtype=float), (20, 1)))


def test_the_ranking_is_over_targets_that_all_score():
    nan = np.nan
    metrics = metrics_of(
        a=[0.4, 0.6, nan, 0.1],
        b=[0.5, 0.9, nan, 0.9],
        gc=[0.1, 0.2, nan, 0.2],
        scan=[0.9, *[nan] * 3],
    )
    drawn = {
        "a": replicates_of([0.4, 0.6, nan, 0.1]),
        "b": replicates_of([0.5, 0.9, nan, 0.9]),
        "gc": replicates_of([0.1, 0.2, nan, 0.2]),
    }
    ranks = ranking(metrics, drawn, np.array([True, True, True, False]))
    assert ranks["classifier"].tolist() == ["b", "a", "gc"]
    assert ranks["targets"].tolist() == [2, 2, 2]
    np.testing.assert_allclose(ranks["mean_auprc"], [0.7, 0.5, 0.15])
    np.testing.assert_allclose(ranks["mean_auprc_low"], [0.7, 0.5, 0.15])  # All replicates alike.
    pairs = all_pairs(metrics, drawn, np.array([True, True, True, False]))
    of_scan = pairs[(pairs["first"] == "a") & (pairs["second"] == "scan")].iloc[0]
    assert (of_scan["targets"], of_scan["wins"]) == (1, 0)
    turned = versus(pairs, "b")
    assert turned["other"].tolist() == ["a", "gc", "scan"]
    assert turned["wins"].tolist() == [2, 2, 0]
    np.testing.assert_allclose(turned["mean_difference"], [0.2, 0.55, -0.4])
    np.testing.assert_allclose(turned["low"], [0.2, 0.55, nan])


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


def test_published_results_need_to_say_what_they_were_measured_on():
    table = read_targets(OFFICIAL).drop(columns="test_positives")
    assert "does not say" in published_results(table, np.zeros(919, int))[1]
    few = table[["index", "name", "group"]]
    assert published_results(few, np.zeros(919, int))[1].endswith("names no published results.")


def official_store(path, changed=False):
    """Loci with as many positives of each target as the official test split has.

    Rows on one strand are half of the official rows; every target's positives
    stand in the first loci, so that the store stays small to write.
    """
    table = read_targets(OFFICIAL)
    positives = table["test_positives"].to_numpy() // 2
    loci = int(positives.max()) + 50
    labels = (np.arange(loci)[:, None] < positives).astype(np.uint8)
    if changed:
        labels[positives[3], 3] = 1
    sequences = np.zeros((loci, 4, 8), np.uint8)
    with new_store(path, StoreHeader(8, 4, BOTH, table, {})) as store:
        for _ in range(2):
            for start in range(0, loci, 8192):
                store.append(sequences[start : start + 8192], labels[start : start + 8192])
    return table


def outputs(folder):
    return ComparisonOutputs(
        *(folder / name for name in ("targets.tsv", "ranking.tsv", "pairs.tsv", "summary.json")),
        *([folder / f"{name}.svg", folder / f"{name}.png"] for name in ("ranking", "versus")),
    )


def run(folder, table, baseline_seed=1):
    generator = np.random.default_rng(1)
    targets = len(table)
    models = {}
    for name, strength in (("weak", 0.2), ("strong", 0.6)):
        (folder / name).mkdir()
        values = np.clip(strength + 0.05 * generator.standard_normal(targets), 0, 1)
        own = table[["index", "name", "group"]].assign(auroc=0.5 + values / 2, auprc=values)
        own.assign(test_positives=9).to_csv(folder / name / "targets.tsv", sep="\t", index=False)
        drawn = resampled(values + 0.01 * generator.standard_normal((20, targets)))
        write_replicates(drawn, folder / name / "replicates.h5")
        models[name] = folder / name
    beside = table[["index", "name", "group"]].assign(motif=None)
    (folder / "baseline" / "replicates").mkdir(parents=True)
    for name, value in (("gc", 0.1), ("kmers", 0.3), ("motif", np.nan)):
        beside[f"{name}_auroc"] = beside[f"{name}_auprc"] = value
        drawn = resampled(value + 0.01 * generator.standard_normal((20, targets)))
        seeded = drawn._replace(seed=baseline_seed)
        write_replicates(seeded, folder / "baseline" / "replicates" / f"{name}.h5")
    beside.to_csv(folder / "baseline" / "targets.tsv", sep="\t", index=False)
    written = outputs(folder)
    compare(models, folder / "baseline", folder / "test.h5", min_positives=5, outputs=written)
    return written, json.loads(written.summary.read_text())


def test_a_store_with_the_official_counts_shows_published_results(tmp_path):
    written, summary = run(tmp_path, official_store(tmp_path / "test.h5"))
    assert summary["published"].startswith("Published results are shown")
    assert summary["best"] == "strong"
    wide = pd.read_csv(written.targets, sep="\t")
    expected = pd.read_csv(OFFICIAL, sep="\t")
    np.testing.assert_allclose(wide["DeepSEA (published) auroc"], expected["deepsea_auroc"])
    assert {"strong auprc", "GC content auroc", "word regression auprc"} <= set(wide)
    assert "motif scan auroc" not in wide
    ranks = pd.read_csv(written.ranking, sep="\t")
    assert ranks["classifier"].iloc[0] == "strong" and len(ranks) == 8
    pairs = pd.read_csv(written.pairs, sep="\t")
    best = pairs[(pairs["first"] == "weak") & (pairs["second"] == "strong")]
    assert (best["wins"] < 5).all() and (best["high"] < 0).all()
    tested = pairs.set_index("second")["p_value"]
    assert tested[["GC content", "word regression"]].notna().all()
    assert tested[["DeepSEA (published)", "DanQ (published)"]].isna().all()
    for path in (*written.ranking_figure, *written.versus_figure):
        assert path.exists()


def test_with_one_label_changed_published_results_are_not_shown(tmp_path):
    written, summary = run(tmp_path, official_store(tmp_path / "test.h5", changed=True))
    assert "1 of 919 targets" in summary["published"]
    assert not [
        column for column in pd.read_csv(written.targets, sep="\t") if "published" in column
    ]


def test_an_evaluation_of_other_targets_is_refused(tmp_path):
    table = official_store(tmp_path / "test.h5")
    with pytest.raises(InputError, match="targets that are not those"):
        run(tmp_path, table.assign(name="other"))


def test_replicates_that_are_not_paired_are_refused(tmp_path):
    table = official_store(tmp_path / "test.h5")
    with pytest.raises(InputError, match=r"gc\.h5.*another seed.*'baseline' and 'evaluate' again"):
        run(tmp_path, table, baseline_seed=2)
