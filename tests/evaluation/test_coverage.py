"""Coverage of intervals and level of p-values on overlapping windows, by simulation.

Windows of 1000 bp around bins of 200 bp, in runs of neighbouring bins as in a real test split.
Peaks span neighbouring bins, and the noise of a window is a mean over its five bins, so labels
and scores are correlated along the genome. Scores are marginally binormal, so the true AUROC
and average precision are known.
"""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, wilcoxon

from noncoding.evaluation.delong import delong
from noncoding.evaluation.paired_comparison import all_pairs
from noncoding.evaluation.target_metrics import METRICS, summarise, target_metrics, with_intervals

BIN, WINDOW, PEAK = 200, 1000, 3
NOISE = WINDOW // BIN


class Genome:
    """Windows in islands of neighbouring bins, with a geometric number of bins (mean 6).

    Attributes
    ----------
    loci : pandas.DataFrame
        Coordinates of the windows.
    """

    def __init__(self, generator, islands):
        self.generator = generator
        self.lengths = np.minimum(generator.geometric(1 / 6, islands), 60)
        starts = [100_000 * n + BIN * np.arange(m) for n, m in enumerate(self.lengths)]
        start = np.concatenate(starts)
        self.loci = pd.DataFrame({"chromosome": "I", "start": start, "end": start + WINDOW})

    def field(self, targets, bins, shared):
        """Standard normal values, shape=(loci, targets), correlated over `bins` neighbours.

        `shared` is the share of the variance that is common to all targets.
        """
        return np.sqrt(shared) * self._smooth(1, bins) + np.sqrt(1 - shared) * self._smooth(
            targets, bins
        )

    def _smooth(self, targets, bins):
        parts = []
        for length in self.lengths:
            noise = self.generator.normal(size=(length + bins - 1, targets))
            windows = np.lib.stride_tricks.sliding_window_view(noise, bins, axis=0)
            parts.append(windows.sum(axis=-1) / np.sqrt(bins))
        return np.concatenate(parts)

    def labels(self, targets, prevalence, shared=0.0):
        return (self.field(targets, PEAK, shared) > norm.isf(prevalence)).astype(np.uint8)

    def scores(self, labels, gain, shared=0.0):
        """Probabilities of a classifier."""
        return norm.cdf(self.field(labels.shape[1], NOISE, shared) + gain * labels)


def evaluated(labels, scores, loci, replicates=200):
    table = pd.DataFrame({"index": range(labels.shape[1]), "name": "t", "group": "g"})
    metrics = target_metrics(table, labels, scores)
    return with_intervals(metrics, labels, scores, loci, replicates=replicates, seed=1)


def covered(metrics, metric, truth):
    known = metrics.dropna(subset=f"{metric}_low")
    return (known[f"{metric}_low"] <= truth) & (truth <= known[f"{metric}_high"])


def true_auroc(gain):
    return norm.cdf(gain / np.sqrt(2))


def true_average_precision(prevalence, gain):
    """By numerical integration: precision over recall, each from the normal distribution."""
    threshold = np.linspace(-9, 9 + gain, 200_001)
    recall, false = norm.sf(threshold - gain), norm.sf(threshold)
    precision = prevalence * recall / (prevalence * recall + (1 - prevalence) * false)
    return float(-np.trapezoid(precision, recall))


def test_intervals_are_delongs_where_no_windows_overlap_and_bootstrapped_elsewhere():
    genome = Genome(np.random.default_rng(1), 40)
    labels = genome.labels(3, 0.3)
    scores = genome.scores(labels, 1.0)
    apart = genome.loci.assign(start=lambda loci: 1000 * loci.index)
    apart["end"] = apart["start"] + WINDOW
    expected = delong(labels, scores)
    found, _ = evaluated(labels, scores, apart)
    np.testing.assert_array_equal(found[["auroc_low", "auroc_high"]].T, expected)
    for loci in (genome.loci, None):
        found, _ = evaluated(labels, scores, loci)
        width = found["auroc_high"] - found["auroc_low"]
        assert (width > 1.1 * (expected[1] - expected[0])).all()


def coverage(islands, targets, prevalence, gain, genomes):
    """Share of intervals that contain the truth: AUROC, AUPR, and AUROC by DeLong."""
    parts = {"auroc": [], "auprc": [], "delong": []}
    for seed in range(genomes):
        genome = Genome(np.random.default_rng(seed), islands)
        labels = genome.labels(targets, prevalence)
        scores = genome.scores(labels, gain)
        metrics, _ = evaluated(labels, scores, genome.loci)
        parts["auroc"].append(covered(metrics, "auroc", true_auroc(gain)))
        truth = true_average_precision(prevalence, gain)
        parts["auprc"].append(covered(metrics, "auprc", truth))
        low, high = delong(labels, scores)
        metrics = metrics.assign(auroc_low=low, auroc_high=high)
        parts["delong"].append(covered(metrics, "auroc", true_auroc(gain)))
    return {name: np.mean(np.concatenate(values)) for name, values in parts.items()}


def test_intervals_cover_the_truth_where_windows_overlap():
    found = coverage(islands=100, targets=80, prevalence=0.1, gain=1.5, genomes=3)
    assert 0.91 <= found["auroc"] <= 0.98
    assert 0.91 <= found["auprc"] <= 0.98
    assert found["delong"] < 0.89


@pytest.mark.slow
@pytest.mark.parametrize(
    ("islands", "prevalence", "gain", "most"),
    [
        (250, 0.05, 1.5, 0.97),
        (60, 0.1, 2.0, 0.97),
        # Fewer than ten blocks with a positive on average: conservative.
        (250, 0.01, 1.5, 0.99),
        (250, 0.01, 3.0, 0.99),
        (60, 0.03, 2.0, 0.99),
        (20, 0.1, 1.5, 0.99),
    ],
)
def test_intervals_cover_the_truth(islands, prevalence, gain, most):
    found = coverage(islands, 100, prevalence, gain, genomes=6)
    assert 0.91 <= found["auroc"] <= most
    assert 0.91 <= found["auprc"] <= most
    assert found["delong"] < 0.91


class Comparison:
    """Two classifiers on many genomes.

    Targets share positives and each classifier's errors, like proteins that bind together.
    """

    def __init__(self, genomes, islands, gains, prevalence=0.05, targets=20):
        self.p_values, self.wilcoxon, self.intervals, self.means = [], [], [], []
        for seed in range(genomes):
            genome = Genome(np.random.default_rng(seed), islands)
            labels = genome.labels(targets, prevalence, shared=0.7)
            parts, replicates = [], {}
            for name, gain in zip("ab", gains, strict=True):
                scores = genome.scores(labels, gain, shared=0.8)
                metrics, replicates[name] = evaluated(labels, scores, genome.loci)
                parts.append(metrics.assign(classifier=name, kind="model"))
            pairs = all_pairs(pd.concat(parts), replicates, np.ones(targets, bool))
            self.p_values.append(pairs.set_index("metric")["p_value"])
            difference = (parts[0]["auprc"] - parts[1]["auprc"]).dropna()
            self.wilcoxon.append(wilcoxon(difference).pvalue)
            summary = summarise(parts[0], np.ones(targets, int), 1, replicates["a"])["all"]
            self.intervals.append([summary[metric]["mean_interval"] for metric in METRICS])
            self.means.append([summary[metric]["mean"] for metric in METRICS])

    def rejected(self, level=0.05):
        """Share of p-values below a level, by metric."""
        return {m: np.mean([p[m] < level for p in self.p_values]) for m in METRICS}


def test_p_values_distinguish_equal_and_different_classifiers():
    equal = Comparison(24, 60, (1.5, 1.5))
    assert max(equal.rejected().values()) <= 5 / 24  # With 99.9 % probability, at 5 %.
    assert np.mean(np.array(equal.wilcoxon) < 0.05) > 5 / 24
    different = Comparison(4, 60, (3.0, 1.0))
    assert min(different.rejected(0.01).values()) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("islands", "power"), [(60, 0.6), (150, 0.9)])
def test_p_values_keep_their_level_and_intervals_of_means_cover_the_truth(islands, power):
    equal = Comparison(200, islands, (1.5, 1.5))
    for share in equal.rejected().values():
        assert 0.01 <= share <= 0.09  # Of 200, with 99 % probability, at 5 %.
    assert np.mean(np.array(equal.wilcoxon) < 0.05) > 0.3
    # The mean AUPR of few positives is biased upwards: intervals cover its expectation.
    truth = [true_auroc(1.5), np.mean(equal.means, axis=0)[1]]
    low, high = np.moveaxis(np.array(equal.intervals), 2, 0)
    for share in ((low <= truth) & (truth <= high)).mean(axis=0):
        assert 0.91 <= share <= 0.99
    different = Comparison(30, islands, (2.5, 1.5))
    assert min(different.rejected().values()) > power
