import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from scipy.stats import norm, t
from sklearn.metrics import average_precision_score, roc_auc_score

from noncoding.evaluation.intervals import (
    BLOCK_BP,
    BLOCK_LOCI,
    Replicates,
    around,
    around_average,
    blocks,
    bootstrap,
    compare_replicates,
    delong,
    freedom,
    freedom_of_average,
    mean_over_targets,
    read_replicates,
    write_replicates,
)


def simulated(generator, loci, targets, prevalence, gain):
    """Independent loci with binormal scores."""
    labels = (generator.random((loci, targets)) < prevalence).astype(np.uint8)
    return labels, generator.normal(size=labels.shape) + gain * labels


def coverage(interval, truth):
    known = ~np.isnan(interval[0])
    return ((interval[0] <= truth) & (truth <= interval[1]))[known].mean()


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
    labels, scores = simulated(np.random.default_rng(2), 1000, 1500, prevalence, 1.5)
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


def test_averages_ignore_unknown_metrics():
    values = np.array([[0.2, np.nan], [0.4, 0.6], [np.nan, np.nan]])
    np.testing.assert_allclose(mean_over_targets(values), [0.2, 0.5, np.nan])
    assert around_average(0.3, np.array([0.2, np.nan]), 9) is None
    assert around_average(1.0, np.array([0.9, 0.8]), 9) is None
    assert around_average(0.5, np.array([0.4, 0.6]), 0) is None


def test_an_interval_is_students_t_on_the_logit_scale():
    values = expit(np.array([[-1.0, 0.0], [0.0, 1.0], [1.0, 5.0]]))
    low, high = around(np.array([0.5, 0.9]), values, np.array([4.0, 0.5]))
    reach = t.ppf(0.975, [4.0, 0.5]) * [1.0, np.std([0, 1, 5], ddof=1)]
    np.testing.assert_allclose(low, expit(logit([0.5, 0.9]) - reach))
    np.testing.assert_allclose(high, expit(logit([0.5, 0.9]) + reach))


def test_blocks_count_by_their_share():
    # Five blocks: equal shares; one block with half of all; one positive block; no positive.
    positives = np.array([[2, 4, 3, 0], [2, 1, 0, 0], [2, 1, 0, 0], [2, 1, 0, 0], [2, 1, 0, 0]])
    loci = np.full(5, 20)
    expected = [5 - 1, 8**2 / (4**2 + 4) - 1, 1 - 1, np.nan]
    np.testing.assert_allclose(freedom(positives, loci), expected)
    # The rarer class decides: the same figures with the classes exchanged.
    np.testing.assert_allclose(freedom(loci[:, None] - positives, loci), expected)


def test_an_average_counts_the_blocks_of_all_its_targets():
    positives = np.array([[3, 0], [0, 3], [0, 0]], np.int32)
    nothing = np.empty((0, 2))
    replicates = Replicates(nothing, nothing, positives, np.array([5, 5, 5], np.int32), 1)
    assert freedom_of_average(replicates, [0]) == 0
    assert freedom_of_average(replicates, [True, True]) == pytest.approx(1)


def test_a_difference_is_tested_by_students_t():
    found = compare_replicates(0.3, np.array([0.1, np.nan, 0.3, 0.5]), 7.5)
    assert found.p_value == pytest.approx(2 * t.sf(0.3 / 0.2, 7.5))
    reach = t.ppf(0.975, 7.5) * 0.2
    assert [found.low, found.high] == pytest.approx([0.3 - reach, 0.3 + reach])
    assert np.isnan(compare_replicates(0.3, np.array([np.nan, 0.1]), 9)).all()
    assert np.isnan(compare_replicates(0.3, np.array([0.1, 0.2]), 0)).all()


def test_long_windows_have_longer_blocks():
    """Else each of these overlapping windows of 8 kb would be a block of its own."""
    starts = np.arange(0, 400_000, 4000)
    loci = pd.DataFrame({"chromosome": "I", "start": starts, "end": starts + 8000})
    assert set(np.bincount(blocks(loci, len(loci)))[:-1]) == {19}


def test_replicates_survive_the_file(tmp_path):
    generator = np.random.default_rng(8)
    labels, scores = simulated(generator, 60, 2, 0.3, 1.0)
    written = bootstrap(labels, scores, np.arange(60) // 7, replicates=3, seed=9)
    write_replicates(written, tmp_path / "replicates.h5")
    found = read_replicates(tmp_path / "replicates.h5")
    for name, values in written._asdict().items():
        np.testing.assert_array_equal(getattr(found, name), values)
    assert found.loci.tolist() == [7] * 8 + [4]
    assert found.positives.sum(axis=0).tolist() == labels.sum(axis=0).tolist()


def test_replicates_are_paired_by_blocks_seed_and_number():
    labels, scores = simulated(np.random.default_rng(1), 60, 1, 0.3, 1.0)

    def drawn(size=5, **changes):
        settings = {"replicates": 4, "seed": 1} | changes
        return bootstrap(labels, scores, np.arange(60) // size, **settings)

    assert drawn().is_paired_with(drawn())
    for other in (drawn(size=6), drawn(seed=2), drawn(replicates=5)):
        assert not drawn().is_paired_with(other)
