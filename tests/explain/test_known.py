"""Known motifs in strongest windows, against counts in plain Python."""

import numpy as np
import pytest
from linear import sequences

from noncoding.alphabet import codes, one_hot, reverse_complement
from noncoding.explain.known import WINDOW, motif_hits, window_shares

MOTIF = "TTACCCGGT"


@pytest.fixture
def matrix():
    of_word = one_hot(codes(MOTIF)[None])[0].astype(float)
    return np.where(of_word > 0, 0.97, 0.01)


def test_a_planted_motif_is_found_on_both_strands(matrix):
    given = sequences(2, 300, seed=3)
    word = one_hot(codes(MOTIF)[None])
    given[0, :, 100:109], given[1, :, 7:16] = word[0], reverse_complement(word)[0]
    first, second = motif_hits(given, matrix)
    assert (100, 109) in first
    assert (7, 16) in second
    assert len(first) + len(second) < 6


def test_a_motif_that_is_longer_than_the_sequence_is_nowhere(matrix):
    assert motif_hits(sequences(2, 5), matrix) == [[], []]
    assert motif_hits(sequences(0, 50), matrix) == []


def test_shares_count_windows_that_hold_the_middle_of_a_match():
    generator = np.random.default_rng(0)
    bases = generator.random((3, 200))
    bases[0, 90:100] += 50
    bases[1, 20:30] += 50
    hits = [[(92, 100), (150, 160)], [(150, 160)], []]
    found = window_shares(bases, hits)
    assert found.top.tolist() == [1, 0, 0]
    for row, intervals in enumerate(hits):
        middles = [(start + end) / 2 for start, end in intervals]
        starts = range(200 - WINDOW + 1)
        counted = sum(any(s <= m < s + WINDOW for m in middles) for s in starts)
        assert found.random[row] == pytest.approx(counted / len(starts))
