"""Significant matches of motifs with known p-values."""

import pytest
from linear import sequences
from planted import MOTIF, matrix

from noncoding.data.one_hot import codes, one_hot, reverse_complement
from noncoding.motifs.fimo import significant_hits


def test_planted_motifs_are_found_with_their_strand_and_p_value():
    given = sequences(3, 100)
    word = one_hot(codes(MOTIF)[None])[0]
    given[0, :, 20:29], given[1, :, 91:100] = word, reverse_complement(word)
    motifs = {"whole": matrix(MOTIF), "half": matrix(MOTIF[:7])}
    first, second, third = significant_hits(given, motifs, 1e-4)
    # No other sequence of this width has as high a score.
    found = {(hit.motif, hit.start, hit.end, hit.reverse): hit.p_value for hit in first}
    assert found["whole", 20, 29, False] == pytest.approx(4.0**-9, rel=1e-3)
    assert found["half", 20, 27, False] == pytest.approx(4.0**-7, rel=1e-3)
    assert {("whole", 91, 100, True), ("half", 93, 100, True)} <= {hit[:4] for hit in second}
    assert all(hit.p_value < 1e-4 for hit in (*first, *second, *third))
    assert first == sorted(first)


def test_motifs_wider_than_the_sequences_have_no_match():
    given = one_hot(codes(MOTIF)[None])
    motifs = {"wide": matrix(MOTIF + "A"), "fits": matrix(MOTIF)}
    [found] = significant_hits(given, motifs, 1e-4)
    assert [hit.motif for hit in found] == ["fits"]
    assert significant_hits(given, {"wide": motifs["wide"]}, 1e-4) == [[]]
    assert significant_hits(given[:0], motifs, 1e-4) == []
