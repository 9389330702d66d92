"""The scan against plain Python, closed forms and planted sites."""

import numpy as np
import pytest

from noncoding.data.one_hot import one_hot, reverse_complement
from noncoding.evaluation.metrics import auroc_and_average_precision
from noncoding.motifs.scan import base_composition, best_hits


def test_the_best_hit_is_that_of_a_scan_base_by_base():
    generator = np.random.default_rng(2)
    sequences = one_hot(generator.integers(0, 5, (5, 30), dtype=np.uint8))
    matrices = [generator.dirichlet([0.5] * 4, width).T for width in (4, 7, 4)]
    background = np.array([0.3, 0.2, 0.1, 0.4])
    hits = best_hits(sequences, matrices, background)
    for row, sequence in enumerate(sequences):
        for column, matrix in enumerate(matrices):
            smoothed = (matrix + 0.04 * background[:, None]) / 1.04
            odds = np.log2(smoothed / background[:, None])
            best = max(
                sum(
                    odds[:, offset] @ strand[:, start + offset] for offset in range(matrix.shape[1])
                )
                for strand in (sequence, reverse_complement(sequence))
                for start in range(30 - matrix.shape[1] + 1)
            )
            assert hits[row, column] == pytest.approx(best, abs=1e-4)


def test_base_composition_pools_strands_and_ignores_n():
    one = one_hot(np.array([[0, 0, 0, 1, 4, 4]], dtype=np.uint8))  # AAAC and two N.
    other = one_hot(np.array([[2, 3]], dtype=np.uint8))  # GT.
    # A and T: 4 of 6 bases, C and G: 2 of 6, each half on either strand.
    np.testing.assert_allclose(base_composition([one, other]), [1 / 3, 1 / 6, 1 / 6, 1 / 3])
    np.testing.assert_allclose(base_composition([]), np.full(4, 0.25))
    assert base_composition([one_hot(np.zeros((1, 99), np.uint8))])[1] > 0


def test_the_scan_is_the_likelihood_ratio_in_an_at_rich_genome():
    """At 38 % GC, as in yeast, the score is the log-likelihood ratio of the site, and separates
    planted sites better than a score against uniform bases."""
    generator = np.random.default_rng(1)
    composition = np.array([0.31, 0.19, 0.19, 0.31])
    own, uniform = [], []
    for _ in range(12):
        matrix = generator.dirichlet([0.35] * 4, 8).T
        bases = generator.choice(4, (1500, 220), p=composition).astype(np.uint8)
        labels = (generator.random(1500) < 0.1).astype(np.uint8)
        for row in np.flatnonzero(labels):
            start = generator.integers(20, 190)
            bases[row, start : start + 8] = [generator.choice(4, p=p) for p in matrix.T]
        given = one_hot(bases)
        background = base_composition([given])
        np.testing.assert_allclose(background, composition, atol=0.005)
        hits = best_hits(given, [matrix], background)
        # One window: the closed form, but for the pseudocount.
        [site] = best_hits(one_hot(bases[:1, :8]), [matrix], background)
        ratios = [
            np.log2((matrix + 0.04 * background[:, None])[strand, range(8)] / 1.04).sum()
            - np.log2(background[strand]).sum()
            for strand in (bases[0, :8], 3 - bases[0, 7::-1])
        ]
        assert site == pytest.approx(max(ratios), abs=1e-4)
        against_uniform = best_hits(given, [matrix], np.full(4, 0.25))
        for areas, scores in ((own, hits), (uniform, against_uniform)):
            areas.append(auroc_and_average_precision(labels[:, None], scores)[0][0])
    assert np.mean(own) > np.mean(uniform) + 0.005
