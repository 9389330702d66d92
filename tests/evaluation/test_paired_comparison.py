import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from noncoding.evaluation.bootstrap import Replicates
from noncoding.evaluation.paired_comparison import all_pairs, paired, versus
from noncoding.evaluation.ranking import ranking


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


def test_a_classifier_does_not_differ_from_itself():
    values = np.array([0.2, 0.8])
    drawn = resampled(np.random.default_rng(1).random((9, 2)))
    result = paired("auprc", values, values, (drawn, drawn))
    assert (result["wins"], result["ties"], result["low"], result["high"]) == (0, 2, 0, 0)
    assert np.isnan(result["p_value"])


def test_the_interval_of_a_difference_excludes_shared_variation():
    generator = np.random.default_rng(1)
    shared = generator.normal(0, 0.2, (4000, 1))
    first = resampled(0.5 + shared + generator.normal(0, 0.01, (4000, 3)))
    second = resampled(0.48 + shared + generator.normal(0, 0.01, (4000, 3)))
    result = paired("auprc", np.full(3, 0.5), np.full(3, 0.48), (first, second))
    # The standard deviation of each is 0.2, that of the difference of means 0.01 × sqrt(2 / 3).
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


def test_the_ranking_is_over_targets_that_all_classifiers_score():
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


def test_a_classifier_of_most_targets_is_ranked_on_those_that_it_scores():
    nan = np.nan
    a, scan = [0.4, 0.6, 0.5, 0.9], [0.7, nan, 0.6, 0.5]
    metrics = metrics_of(a=a, gc=[0.1, 0.2, 0.3, 0.4], scan=scan, rare=[0.9, nan, nan, nan])
    drawn = {"a": replicates_of(a), "scan": replicates_of(scan)}
    ranks = ranking(metrics, drawn, np.full(4, True))
    of_all, of_some = ranks[ranks["subset"] == ""], ranks[ranks["subset"] == "scan"]
    assert len(of_all) + len(of_some) == len(ranks)
    assert of_all["classifier"].tolist() == ["a", "gc"] and set(of_all["targets"]) == {4}
    assert of_some["classifier"].tolist() == ["a", "scan", "gc"]
    assert set(of_some["targets"]) == {3}
    np.testing.assert_allclose(of_all["mean_auprc"], [0.6, 0.25])
    np.testing.assert_allclose(of_some["mean_auprc"], [0.6, 0.6, 0.8 / 3])
    np.testing.assert_allclose(of_some["mean_auprc_low"], [0.6, 0.6, nan])
