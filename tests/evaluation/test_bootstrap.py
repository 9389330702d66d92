import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from scipy.stats import t
from sklearn.metrics import average_precision_score, roc_auc_score

from noncoding.evaluation.bootstrap import (
    BLOCK_BP,
    BLOCK_LOCI,
    Replicates,
    average_interval,
    blocks,
    bootstrap,
    mean_over_targets,
    read_replicates,
    write_replicates,
)


def labels_and_scores(seed, loci, targets):
    generator = np.random.default_rng(seed)
    labels = (generator.random((loci, targets)) < 0.3).astype(np.uint8)
    return labels, generator.normal(size=labels.shape) + labels


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_replicates_are_scikit_learns_with_weights(at_once, monkeypatch):
    """With several replicates at once, of which the last are fewer, too."""
    monkeypatch.setattr("noncoding.evaluation.bootstrap._AT_ONCE", at_once * 90)
    labels, scores = labels_and_scores(3, 90, 2)
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


def test_overlapping_windows_form_one_block():
    loci = pd.DataFrame(
        [("I", 0, 1000), ("II", 200, 1200), ("I", 3000, 4000), ("I", 800, 1800), ("I", 4000, 5000)],
        columns=["chromosome", "start", "end"],
    )
    assert blocks(loci, 5).tolist() == [0, 3, 1, 0, 2]


def test_a_long_chain_is_divided():
    starts = np.arange(0, 40_000, 200)
    loci = pd.DataFrame({"chromosome": "I", "start": starts, "end": starts + 1000})
    numbers = blocks(loci, len(loci))
    lengths = loci.groupby(numbers).agg({"start": "min", "end": "max"})
    assert (lengths["end"] - lengths["start"]).max() == BLOCK_BP
    assert (np.diff(numbers) >= 0).all()
    assert numbers.max() + 1 == -(-len(starts) // ((BLOCK_BP - 1000) // 200 + 1))


def test_long_windows_have_longer_blocks():
    """With blocks of 10 kb, each of these overlapping windows of 8 kb would be its own block."""
    starts = np.arange(0, 400_000, 4000)
    loci = pd.DataFrame({"chromosome": "I", "start": starts, "end": starts + 8000})
    assert set(np.bincount(blocks(loci, len(loci)))[:-1]) == {19}


def test_without_coordinates_consecutive_loci_form_a_block():
    numbers = blocks(None, 2 * BLOCK_LOCI + 1)
    assert np.bincount(numbers).tolist() == [BLOCK_LOCI, BLOCK_LOCI, 1]


def test_replicates_are_read_as_written(tmp_path):
    labels, scores = labels_and_scores(8, 60, 2)
    written = bootstrap(labels, scores, np.arange(60) // 7, replicates=3, seed=9)
    write_replicates(written, tmp_path / "replicates.h5")
    found = read_replicates(tmp_path / "replicates.h5")
    for name, values in written._asdict().items():
        np.testing.assert_array_equal(getattr(found, name), values)
    assert found.loci.tolist() == [7] * 8 + [4]
    assert found.positives.sum(axis=0).tolist() == labels.sum(axis=0).tolist()


def test_replicates_are_paired_by_blocks_seed_and_number():
    labels, scores = labels_and_scores(1, 60, 1)

    def resampled(size=5, **changes):
        settings = {"replicates": 4, "seed": 1} | changes
        return bootstrap(labels, scores, np.arange(60) // size, **settings)

    assert resampled().is_paired_with(resampled())
    for other in (resampled(size=6), resampled(seed=2), resampled(replicates=5)):
        assert not resampled().is_paired_with(other)


def test_degrees_of_freedom_of_an_average_pool_its_targets():
    positives = np.array([[3, 0], [0, 3], [0, 0]], np.int32)
    nothing = np.empty((0, 2))
    replicates = Replicates(nothing, nothing, positives, np.array([5, 5, 5], np.int32), 1)
    assert replicates.pooled_degrees_of_freedom([0]) == 0
    assert replicates.pooled_degrees_of_freedom([True, True]) == pytest.approx(1)


def test_an_average_ignores_targets_without_a_metric():
    values = np.array([[0.2, np.nan], [0.4, 0.6], [np.nan, np.nan]])
    np.testing.assert_allclose(mean_over_targets(values), [0.2, 0.5, np.nan])
    positives, loci = np.array([[3, 0], [0, 3], [0, 0]], np.int32), np.array([5, 5, 5], np.int32)
    replicates = Replicates(values, values, positives, loci, 1)
    reach = t.ppf(0.975, 1) * np.std(logit([0.2, 0.5]), ddof=1)
    assert average_interval(0.3, replicates, "auprc", [0, 1]) == pytest.approx(
        [expit(logit(0.3) - reach), expit(logit(0.3) + reach)]
    )
    assert average_interval(0.3, replicates, "auprc", [0]) is None  # No degree of freedom.
