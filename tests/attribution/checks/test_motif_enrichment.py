"""Known motifs in strongest windows, compared with counts in plain Python."""

import numpy as np
import pytest
from linear import sequences
from planted import MOTIF
from planted import matrix as matrix_of

from noncoding.attribution.checks.motif_enrichment import match_shares, motif_hits, window_matches
from noncoding.attribution.checks.table import WINDOW
from noncoding.attribution.target_attributions import contains, strongest_window
from noncoding.data.one_hot import codes, one_hot, reverse_complement


@pytest.fixture
def matrix():
    return matrix_of(MOTIF)


def test_a_planted_motif_is_found_on_both_strands(matrix):
    given = sequences(2, 300, seed=3)
    word = one_hot(codes(MOTIF)[None])
    given[0, :, 100:109], given[1, :, 7:16] = word[0], reverse_complement(word)[0]
    first, second = motif_hits(given, matrix)
    assert (100, 109) in first
    assert (7, 16) in second
    assert len(first) + len(second) < 6


def test_a_motif_longer_than_the_sequence_has_no_match(matrix):
    assert motif_hits(sequences(2, 5), matrix) == [[], []]
    assert motif_hits(sequences(0, 50), matrix) == []


def test_windows_are_placed_on_all_sequences():
    generator = np.random.default_rng(0)
    bases = generator.random((4, 200))
    for row, peak in enumerate((95, 25, 150, 199)):
        bases[row, max(0, peak - 5) : peak + 5] += 50
    hits = [[(92, 100), (150, 160)], [(150, 160), (0, 3)], [], [(160, 161), (195, 200)]]
    found = window_matches(bases, hits)
    for row, heights in enumerate(bases):
        window = strongest_window(heights, WINDOW)
        assert found[row].tolist() == [contains(window, intervals) for intervals in hits]
    assert found.diagonal().tolist() == [True, False, False, True]
    assert found[2].tolist() == [True, True, False, True]


@pytest.mark.parametrize("centre", [39, 40, 79.5, 80])
def test_a_window_contains_the_centre_of_a_match(centre):
    hits = [[(int(2 * centre) - 100, 100)]]
    for start in range(161):
        bases = np.zeros((1, 200))
        bases[0, start + WINDOW // 2 - 1 : start + WINDOW // 2 + 1] = 1
        assert strongest_window(bases[0], WINDOW) == (start, start + WINDOW)
        assert window_matches(bases, hits)[0, 0] == (start <= centre < start + WINDOW)


def test_shares_are_over_pairs_of_different_sequences():
    generator = np.random.default_rng(0)
    matches = generator.random((5, 5)) < 0.4
    draws = np.array([[1, 1, 1, 1, 1], [2, 0, 3, 0, 0], [0, 5, 0, 0, 0]])
    strongest, matched = match_shares(matches, draws)
    for row in range(2):
        drawn = np.repeat(np.arange(5), draws[row])
        pairs = [matches[i, j] for i in drawn for j in drawn if i != j]
        assert strongest[row] == pytest.approx(np.mean(matches[drawn, drawn]))
        assert matched[row] == pytest.approx(np.mean(pairs))
    assert np.isnan(matched[2])


def centred(count, matrix, seed=0):
    """Matches in random sequences of 1000 bp with the motif in the central 200 bp, and centres."""
    given = sequences(count, 1000, seed=seed)
    starts = np.random.default_rng(seed).integers(400, 600 - len(MOTIF), count)
    for row, start in enumerate(starts):
        given[row, :, start : start + len(MOTIF)] = one_hot(codes(MOTIF))
    return motif_hits(given, matrix), starts + (len(MOTIF) - 1) / 2


def bells(centres, width):
    return np.exp(-0.5 * ((np.arange(1000) - np.array(centres)[:, None]) / width) ** 2)


def test_a_constant_map_is_not_enriched(matrix):
    hits, _ = centred(300, matrix)
    sample = np.ones((1, 300), dtype=int)
    for at in (499.5, 450.0, 200.0):
        [strongest], [matched] = match_shares(window_matches(bells([at] * 300, 62), hits), sample)
        assert strongest == pytest.approx(matched)
    assert strongest < 0.1


def test_enrichment_of_maps_that_follow_the_site(matrix):
    hits, centres = centred(400, matrix)
    matches = window_matches(bells(centres, 10), hits)
    [strongest], [matched] = match_shares(matches, np.ones((1, 400), dtype=int))
    assert strongest == 1
    # Two sites among 191 positions are within 20 bp of each other, or there is a match by
    # chance, which is as frequent as far from all sites.
    near = np.mean([abs(i - j) <= 19.5 for i in range(191) for j in range(191)])
    far = window_matches(bells([100.0] * 400, 10), hits).mean()
    assert matched == pytest.approx(1 - (1 - near) * (1 - far), abs=0.02)
