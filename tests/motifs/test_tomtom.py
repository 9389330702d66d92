"""TOMTOM on known motifs."""

import numpy as np
import pytest
from planted import MOTIF, matrix

from noncoding.motifs.tomtom import matches


def database(count, seed=0):
    generator = np.random.default_rng(seed)
    words = ["".join(generator.choice(list("ACGT"), 10)) for _ in range(count)]
    return {f"random {number}": matrix(word) for number, word in enumerate(words)}


@pytest.mark.parametrize("others", [3, 60])
def test_a_motif_matches_itself_in_small_and_large_databases(others):
    known = database(others) | {"own": matrix(MOTIF)}
    [found] = matches([matrix(MOTIF, sure=0.8)], known)
    best = next(iter(found.values()))
    assert best.motif == "own"
    assert best.q_value < 0.01
    assert set(found) == set(known)


def test_offset_and_strand_align_the_motif_to_the_pattern():
    known = database(60) | {"own": matrix(MOTIF)}
    ahead, behind = matrix("GA" + MOTIF), matrix(MOTIF)[::-1, ::-1][:, 2:]
    forward, reverse = (found["own"] for found in matches([ahead, behind], known))
    assert (forward.offset, forward.reverse) == (-2, False)
    assert (reverse.offset, reverse.reverse) == (2, True)


def test_random_patterns_seldom_match_a_small_database():
    queries = list(database(200, seed=5).values())
    best = [next(iter(found.values())).q_value for found in matches(queries, database(4))]
    # By chance, at most 5 % of the queries have a q-value below 0.05.
    assert np.mean(np.array(best) < 0.05) < 0.1


def test_matches_are_sorted_by_q_value():
    known = database(60)
    [found] = matches([matrix(MOTIF)], known)
    q_values = np.array([match.q_value for match in found.values()])
    assert (np.diff(q_values) >= 0).all()
    assert q_values.max() <= 1


def test_there_are_no_matches_without_patterns_or_motifs():
    assert matches([], database(3)) == []
    assert matches([matrix(MOTIF)], {}) == [{}]
