"""TF-MoDISco on contributions of a planted motif."""

import numpy as np
import pytest
from planted import MOTIF, planted

from noncoding.common.errors import InputError
from noncoding.data.one_hot import codes, letters, one_hot, reverse_complement
from noncoding.motifs.patterns import Pattern, patterns


def contributions(sequences, starts, sign):
    """Weak noise, and strong contributions of the planted motif."""
    generator = np.random.default_rng(1)
    found = generator.normal(0, 0.05, sequences.shape).astype(np.float32)
    for row, start in enumerate(starts):
        site = slice(start, start + len(MOTIF))
        found[row, :, site] += sign * (sequences[row, :, site] - 0.25)
    return found


@pytest.mark.parametrize(("sign", "name"), [(1, "for 1"), (-1, "against 1")])
def test_a_planted_motif_is_found_with_its_sign(sign, name):
    sequences, starts = planted(200, 400)
    found = patterns(sequences, contributions(sequences, starts, sign), most=3)
    assert found[0].name == name
    word = one_hot(codes(MOTIF)[None])
    either = [letters(strand[0]) for strand in (word, reverse_complement(word))]
    right = [one for one in found if any(text in one.consensus.upper() for text in either)]
    assert sum(one.seqlets for one in right) > 0.6 * len(sequences)
    for one in right:
        np.testing.assert_allclose(one.frequencies.sum(axis=0), 1)
        assert np.sign(one.contributions.sum()) == sign


def test_there_are_no_patterns_without_contributions():
    sequences, _ = planted(30, 100)
    assert patterns(sequences, np.zeros(sequences.shape, np.float32), most=3) == []
    noise = np.random.default_rng(1).normal(size=sequences.shape).astype(np.float32)
    assert patterns(sequences, noise, most=3) == []


def test_a_short_window_has_no_pattern():
    sequences, starts = planted(30, 40)
    assert patterns(sequences, contributions(sequences, starts, 1), most=3) == []


def test_contributions_without_a_background_are_refused():
    sequences, starts = planted(30, 100)
    given = contributions(sequences, starts, 1)
    given[np.abs(given) < 0.2] = 0
    with pytest.raises(InputError, match="30 sequences"):
        patterns(sequences, given, most=3)


def test_the_consensus_is_in_lower_case_below_one_half():
    frequencies = np.array([[0.9, 0.4], [0.1, 0.3], [0, 0.2], [0, 0.1]])
    assert Pattern("", "", 1, frequencies, frequencies).consensus == "Aa"
