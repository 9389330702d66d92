"""Coverage of intervals and level of p-values on overlapping windows, by simulation.

Windows of 1000 bp around bins of 200 bp, several bins in a row as in a real test split.
Peaks span neighbouring bins, and the noise of a window is a mean over its five bins, so
that labels and scores are correlated along the genome. Marginally the scores are binormal:
the true AUROC and average precision are known. All tests run the functions of the stages
`evaluate` and `compare`.
"""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, norm

from noncoding.compare.pairs import all_pairs
from noncoding.evaluate.tables import summarise, target_metrics, with_intervals
from noncoding.intervals import delong

BIN, WINDOW, PEAK = 200, 1000, 3
NOISE = WINDOW // BIN


class Genome:
    """Windows in islands of neighbouring bins, geometrically many, 6 in the mean.

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
        """Standard normal values, shape=(loci, targets), of neighbours that overlap by `bins`.

        Targets have a share of the variance in common.
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


def test_delong_where_no_windows_overlap_and_the_bootstrap_elsewhere():
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
    """Share of intervals that hold the truth: AUROC, AUPR, and AUROC by DeLong."""
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
    ("islands", "prevalence", "gain"),
    # The last three: fewer than ten blocks with a positive in the mean.
    [(250, 0.05, 1.5), (60, 0.1, 2.0), (250, 0.01, 1.5), (60, 0.03, 2.0), (20, 0.1, 1.5)],
)
def test_intervals_cover_the_truth(islands, prevalence, gain):
    found = coverage(islands, 100, prevalence, gain, genomes=6)
    print(found)


def equal_classifiers(seed, islands, gains, prevalence=0.05, targets=12):
    """p-values of the comparison of two classifiers, by metric, and its row of averages.

    Targets share positives and each classifier's errors, as proteins that bind together.
    """
    genome = Genome(np.random.default_rng(seed), islands)
    labels = genome.labels(targets, prevalence, shared=0.5)
    parts, replicates = [], {}
    for name, gain in zip("ab", gains, strict=True):
        metrics, replicates[name] = evaluated(
            labels, genome.scores(labels, gain, shared=0.5), genome.loci
        )
        parts.append(metrics.assign(classifier=name, kind="model"))
    return all_pairs(pd.concat(parts), replicates, np.ones(targets, bool)).set_index("metric")


@pytest.mark.slow
@pytest.mark.parametrize("islands", [60, 150])
def test_p_values_hold_their_level(islands):
    tested = [equal_classifiers(seed, islands, (1.5, 1.5)) for seed in range(300)]
    for metric in ("auroc", "auprc"):
        rejected = sum(pairs.loc[metric, "p_value"] < 0.05 for pairs in tested)
        print(metric, rejected / len(tested), binomtest(rejected, len(tested), 0.05).pvalue)
