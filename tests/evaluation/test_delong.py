import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import norm, t

from noncoding.evaluation.delong import delong


def binormal(seed, loci, targets, prevalence, gain):
    """Labels and scores of independent loci."""
    generator = np.random.default_rng(seed)
    labels = (generator.random((loci, targets)) < prevalence).astype(np.uint8)
    return labels, generator.normal(size=labels.shape) + gain * labels


@pytest.mark.parametrize("distinct", [None, 4])
def test_the_interval_is_the_formula_over_all_pairs(distinct):
    labels, scores = binormal(1, 60, 3, 0.3, 1.0)
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


def test_there_is_no_interval_without_an_estimated_variance():
    labels = np.array([[0, 1, 1, 0], [0, 1, 1, 1], [0, 0, 1, 0], [0, 0, 1, 0]], np.uint8)
    scores = np.arange(4.0)[::-1, None].repeat(4, axis=1)
    # No positive; an area of 1; no negative; a single positive.
    assert np.isnan(delong(labels, scores)).all()


@pytest.mark.parametrize("prevalence", [0.03, 0.1])
def test_the_interval_covers_the_truth(prevalence):
    low, high = delong(*binormal(2, 1000, 1500, prevalence, 1.5))
    truth, known = norm.cdf(1.5 / np.sqrt(2)), ~np.isnan(low)
    assert 0.93 <= ((low <= truth) & (truth <= high))[known].mean() <= 0.97
