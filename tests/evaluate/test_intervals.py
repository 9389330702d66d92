import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from scipy.stats import norm, t
from sklearn.metrics import average_precision_score, roc_auc_score

from noncoding.evaluate.intervals import (
    BLOCK_BP,
    BLOCK_LOCI,
    around,
    around_average,
    around_difference,
    blocks,
    bootstrap,
    delong,
    mean_over_targets,
)
from noncoding.metrics import average_precision


def simulated(generator, loci, targets, prevalence, gain, block=1, common=0.0):
    """Binormal scores; neighbours of a block share their label and a part of the noise."""
    number = loci // block
    drawn = generator.random((number, targets)) < prevalence
    noise = np.sqrt(common) * generator.normal(size=(number, targets))
    labels, shared = np.repeat(drawn, block, axis=0), np.repeat(noise, block, axis=0)
    own = np.sqrt(1 - common) * generator.normal(size=labels.shape)
    return labels.astype(np.uint8), shared + own + gain * labels


def coverage(interval, truth):
    known = ~np.isnan(interval[0])
    return ((interval[0] <= truth) & (truth <= interval[1]))[known].mean()


def true_average_precision(prevalence, gain):
    """By numerical integration: precision over recall, each from the normal distribution."""
    threshold = np.linspace(-9, 9 + gain, 200_001)
    recall, false = norm.sf(threshold - gain), norm.sf(threshold)
    precision = prevalence * recall / (prevalence * recall + (1 - prevalence) * false)
    return float(-np.trapezoid(precision, recall))


@pytest.mark.parametrize("distinct", [None, 4])
def test_delong_is_the_formula_over_all_pairs(distinct):
    generator = np.random.default_rng(1)
    labels, scores = simulated(generator, 60, 3, 0.3, 1.0)
    if distinct:
        scores = np.round(scores * distinct) / distinct
    low, high = delong(labels, scores, threads=2)
    for target in range(3):
        positives = scores[labels[:, target] == 1, target]
        negatives = scores[labels[:, target] == 0, target]
        difference = positives[:, None] - negatives
        wins = (difference > 0) + 0.5 * (difference == 0)
        area, m, n = wins.mean(), len(positives), len(negatives)
        variance = wins.mean(axis=1).var(ddof=1) / m + wins.mean(axis=0).var(ddof=1) / n
        reach = t.ppf(0.975, min(m, n) - 1) * np.sqrt(variance) / (area * (1 - area))
        assert low[target] == pytest.approx(expit(logit(area) - reach), rel=1e-12)
        assert high[target] == pytest.approx(expit(logit(area) + reach), rel=1e-12)


def test_delong_says_nothing_where_nothing_is_known():
    labels = np.array([[0, 1, 1, 0], [0, 1, 1, 1], [0, 0, 1, 0], [0, 0, 1, 0]], np.uint8)
    scores = np.arange(4.0)[::-1, None].repeat(4, axis=1)
    # No positive; an area of 1; no negative; a single positive.
    assert np.isnan(delong(labels, scores)).all()


@pytest.mark.parametrize("prevalence", [0.03, 0.1])
def test_delong_covers_the_truth(prevalence):
    labels, scores = simulated(np.random.default_rng(2), 1000, 4000, prevalence, 1.5)
    assert 0.93 <= coverage(delong(labels, scores), norm.cdf(1.5 / np.sqrt(2))) <= 0.97


def test_replicates_are_scikit_learns_with_weights():
    generator = np.random.default_rng(3)
    labels, scores = simulated(generator, 90, 2, 0.2, 1.0)
    scores = np.round(scores * 3) / 3
    block = np.arange(90) // 6
    found = bootstrap(labels, scores, block, replicates=5, seed=4, threads=2)
    again = np.random.default_rng(4)
    for replicate in range(5):
        times = np.bincount(again.integers(0, 15, 15), minlength=15)[block]
        for target in range(2):
            truth, score = labels[:, target], scores[:, target]
            assert found.auroc[replicate, target] == pytest.approx(
                roc_auc_score(truth, score, sample_weight=times), rel=1e-10
            )
            assert found.auprc[replicate, target] == pytest.approx(
                average_precision_score(truth, score, sample_weight=times), rel=1e-10
            )


def test_a_replicate_without_a_class_is_nan():
    labels = np.array([[0, 1, 1], [0, 1, 0], [0, 1, 0], [0, 1, 0]], np.uint8)
    scores = np.random.default_rng(5).random((4, 3))
    found = bootstrap(labels, scores, np.arange(4), replicates=40, seed=6)
    assert np.isnan(found.auroc[:, :2]).all()
    assert np.isnan(found.auprc[:, :2]).all()
    assert 0 < np.isnan(found.auroc[:, 2]).sum() < 40


def test_the_bootstrap_covers_the_truth():
    """Several seeds: all targets of one bootstrap share their draws."""
    covered = []
    truth = true_average_precision(0.1, 1.5)
    for seed in range(4):
        labels, scores = simulated(np.random.default_rng(seed), 1000, 400, 0.1, 1.5)
        drawn = bootstrap(labels, scores, np.arange(1000), replicates=150, seed=seed)
        estimate = average_precision(labels, scores)
        covered.append(coverage(around(estimate, drawn.auprc, labels.sum(axis=0)), truth))
    assert 0.93 <= np.mean(covered) <= 0.97


def test_neighbours_must_be_drawn_together():
    covered = {"blocks": [], "single loci": []}
    truth = true_average_precision(0.1, 1.5)
    for seed in range(3):
        generator = np.random.default_rng(seed)
        labels, scores = simulated(generator, 2500, 300, 0.1, 1.5, block=5, common=0.6)
        estimate = average_precision(labels, scores)
        for name, block in (("blocks", np.arange(2500) // 5), ("single loci", np.arange(2500))):
            drawn = bootstrap(labels, scores, block, replicates=150, seed=seed)
            # A block has five positives or none.
            interval = around(estimate, drawn.auprc, labels.sum(axis=0) // 5)
            covered[name].append(coverage(interval, truth))
    assert 0.93 <= np.mean(covered["blocks"]) <= 0.97
    assert np.mean(covered["single loci"]) < 0.8


def test_windows_that_overlap_are_one_block():
    loci = pd.DataFrame(
        [("I", 0, 1000), ("II", 200, 1200), ("I", 3000, 4000), ("I", 800, 1800), ("I", 4000, 5000)],
        columns=["chromosome", "start", "end"],
    )
    assert blocks(loci, 5).tolist() == [0, 3, 1, 0, 2]


def test_a_long_chain_is_cut():
    starts = np.arange(0, 40_000, 200)
    loci = pd.DataFrame({"chromosome": "I", "start": starts, "end": starts + 1000})
    numbers = blocks(loci, len(loci))
    lengths = loci.groupby(numbers).agg({"start": "min", "end": "max"})
    assert (lengths["end"] - lengths["start"]).max() == BLOCK_BP
    assert (np.diff(numbers) >= 0).all()
    assert numbers.max() + 1 == -(-len(starts) // ((BLOCK_BP - 1000) // 200 + 1))


def test_without_coordinates_neighbours_in_the_file_are_a_block():
    numbers = blocks(None, 2 * BLOCK_LOCI + 1)
    assert np.bincount(numbers).tolist() == [BLOCK_LOCI, BLOCK_LOCI, 1]


def test_intervals_of_means_and_of_differences_cover_the_truth():
    """Means over four targets each, of two classifiers that see much the same."""
    means, differences = [], []
    truth = [true_average_precision(0.1, gain) for gain in (1.5, 1.8)]
    for seed in range(4):
        generator = np.random.default_rng(seed)
        labels, first = simulated(generator, 1000, 400, 0.1, 1.5)
        other = first - 1.5 * labels + 0.5 * generator.normal(size=first.shape)
        scores = (first, other / np.sqrt(1.25) + 1.8 * labels)
        drawn, estimates = [], []
        for values in scores:
            found = bootstrap(labels, values, np.arange(1000), replicates=150, seed=seed)
            drawn.append(found.auprc.reshape(150, 100, 4))
            estimates.append(average_precision(labels, values).reshape(100, 4).mean(axis=1))
        for group in range(100):
            both = [mean_over_targets(values[:, group]) for values in drawn]
            own = [values[group] for values in estimates]
            low, high = around_average(own[0], both[0])
            means.append(low <= truth[0] <= high)
            low, high = around_difference(own[1] - own[0], both[1] - both[0])
            differences.append(low <= truth[1] - truth[0] <= high)
    assert 0.93 <= np.mean(means) <= 0.97
    assert 0.93 <= np.mean(differences) <= 0.97


def test_averages_leave_out_what_is_not_known():
    values = np.array([[0.2, np.nan], [0.4, 0.6], [np.nan, np.nan]])
    np.testing.assert_allclose(mean_over_targets(values), [0.2, 0.5, np.nan])
    assert around_average(0.3, np.array([0.2, np.nan])) is None
    assert around_average(1.0, np.array([0.9, 0.8])) is None
    assert around_difference(0.3, np.array([np.nan, 0.1])) is None
    low, high = around_difference(0.3, np.array([0.1, np.nan, 0.3]))
    assert [low, high] == pytest.approx([0.3 - 1.96 * 0.1414, 0.3 + 1.96 * 0.1414], abs=1e-3)
