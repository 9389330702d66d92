"""Attributions of variants, compared with closed forms and planted motifs."""

import numpy as np
import pytest
from linear import Linear, on_both_strands, weights
from planted import MOTIF, matrix
from variant_cases import AT, CASES, GENOME, Planted, genome, model_of

from noncoding.attribution.variant_attributions import (
    Affected,
    KnownMotifs,
    variant_attributions,
)
from noncoding.data.one_hot import codes, letters, one_hot, reverse_complement
from noncoding.data.variants.alleles import windows

LENGTH = 200


def sigmoid(logit):
    return 1 / (1 + np.exp(-logit))


@pytest.mark.parametrize("case", ["substitution", "insertion", "long deletion", "last bases"])
def test_a_linear_network_has_a_closed_form(tmp_path, case):
    sequences, variant = genome(tmp_path), CASES[case]
    of_base = 0.05 * weights(LENGTH)
    model = model_of(Linear(of_base), LENGTH, ["a", "b"])
    shown = variant_attributions(model, Affected(variant, [1, 0]), sequences)
    mean = on_both_strands(of_base)
    effects = mean - (mean.sum(axis=0) - mean) / 3
    logits = []
    for number, (allele, columns) in enumerate(
        [(variant.ref, shown.alignment.ref), (variant.alt, shown.alignment.alt)]
    ):
        forward, reverse = (one_hot(codes(window)) for window in windows(sequences, allele, LENGTH))
        logits.append(
            [(of_base * strand).sum() for strand in (forward, reverse_complement(reverse))]
        )
        for column, position in enumerate(columns):
            expected = np.zeros(4)
            if position >= 0:
                expected = forward[:, position] * effects[:, position]
            np.testing.assert_allclose(shown.heights[1, number, :, column], expected, atol=1e-5)
            np.testing.assert_allclose(shown.heights[0, number, :, column], -expected, atol=1e-5)
    logits = np.array(logits)
    assert shown.names == ["b", "a"]
    np.testing.assert_allclose(shown.probabilities[1], sigmoid(logits).mean(axis=1), rtol=1e-4)
    np.testing.assert_allclose(shown.probabilities[0], sigmoid(-logits).mean(axis=1), rtol=1e-4)
    difference = (logits[1] - logits[0]).mean()
    np.testing.assert_allclose(shown.logit_differences, [-difference, difference], atol=1e-4)


def known_motifs(model):
    """The motif of the first target, one that the genome has beside it, and unrelated ones."""
    beside = GENOME[AT + 2 : AT + 13]
    return KnownMotifs(
        model,
        {
            "MA1 OTHER": matrix(MOTIF),
            "MA2 SECOND": matrix(beside),
            "MA3 FIRST": matrix(MOTIF[:6]),
            "MA4 SECOND": matrix(GENOME[100:110]),
        },
    )


def test_matches_are_those_of_the_targets_that_overlap_the_variant(tmp_path):
    sequences = genome(tmp_path)
    model = model_of(Planted(), LENGTH, ["First", "Second"])
    shown = variant_attributions(
        model, Affected(CASES["substitution"], [0, 1]), sequences, known_motifs(model)
    )
    # In the order of the targets; the motif of no target is not looked for.
    assert [match.motif for match in shown.motifs] == ["MA3 FIRST", "MA2 SECOND"]
    for match, width in zip(shown.motifs, (6, 11), strict=True):
        # The only best sequence of all of this width, on a strand.
        assert match.ref.p_value == pytest.approx(4.0**-width, rel=1e-3)
        assert match.ref.end - match.ref.start == width and not match.ref.reverse
    first, second = shown.motifs
    assert first.alt is None
    # The best sequence, and those with one other base.
    assert second.alt.p_value == pytest.approx((1 + 3 * 11) * 4.0**-11, rel=1e-3)
    window = windows(sequences, CASES["substitution"].ref, LENGTH).forward.decode()
    assert window[first.ref.start : first.ref.end] == MOTIF[:6]


@pytest.mark.parametrize("case", ["insertion", "long deletion"])
def test_motifs_that_an_indel_destroys_match_the_reference_only(tmp_path, case):
    model = model_of(Planted(), LENGTH, ["First", "Second"])
    shown = variant_attributions(
        model, Affected(CASES[case], [0]), genome(tmp_path), known_motifs(model)
    )
    [match] = [match for match in shown.motifs if match.motif == "MA3 FIRST"]
    assert match.ref is not None and match.alt is None


def test_without_motifs_of_targets_all_are_looked_for(tmp_path):
    model = model_of(Planted(), LENGTH, ["accessibility", "H3K4me3"])
    known = known_motifs(model)
    assert len(known.matrices) == 4
    shown = variant_attributions(
        model, Affected(CASES["substitution"], [0]), genome(tmp_path), known
    )
    # A match of six bases has p = 2.4e-4, which is too much for one of many motifs.
    assert [match.motif for match in shown.motifs] == ["MA2 SECOND", "MA1 OTHER"]


def test_the_bases_of_a_long_allele_that_matter_are_shown(tmp_path):
    sequences, variant = genome(tmp_path), CASES["long deletion"]
    model = model_of(Planted(), LENGTH, ["First", "Second"])
    shown = variant_attributions(model, Affected(variant, [0]), sequences)
    window = one_hot(codes(windows(sequences, variant.ref, LENGTH).forward))
    columns = shown.alignment.ref
    assert MOTIF in letters(window[:, columns[columns >= 0]])
    # Each base of the motif adds one to the logit of its strand.
    assert shown.heights.max() == pytest.approx(0.5, abs=1e-5)
