"""Findings and legibility of the figures of variants."""

import dataclasses

import numpy as np
import pytest
from figure_checks import LONG_NAME, assert_legible, assert_whole, logos, saved_by
from planted import MOTIF, matrix
from variant_cases import AT, CASES, GENOME, Planted, genome, model_of, placed

from noncoding.attribution.variant_attributions import Affected, KnownMotifs, variant_attributions
from noncoding.attribution.variant_figures import draw_variant, draw_variants, variant_finding
from noncoding.data.variants.variant import Status

LENGTH = 200


@pytest.fixture
def model():
    return model_of(Planted(), LENGTH, ["First", "Second"])


def shown_of(folder, model, case, motifs=None, chromosome="chrI"):
    known = None if motifs is None else KnownMotifs(model, motifs)
    sequences = genome(folder, chromosome)
    return variant_attributions(model, Affected(CASES[case], [0, 1]), sequences, known)


MOTIFS = {"MA0001.1 FIRST": matrix(MOTIF), "MA0002.1 SECOND": matrix(GENOME[AT + 2 : AT + 13])}


@pytest.mark.parametrize("case", CASES)
def test_figures_are_legible(tmp_path, model, case):
    shown = shown_of(tmp_path, model, case, MOTIFS)
    paths = [tmp_path / f"one.{suffix}" for suffix in ("svg", "png")]
    [figure] = saved_by(draw_variant, shown, *paths)
    assert all(path.exists() for path in paths)
    assert_legible(figure)
    # REF and ALT of both targets, one scale for each target.
    assert [axes.get_title("left")[:11] for axes in figure.axes[:4]] == [
        "First, REF:",
        "First, ALT:",
        "Second, REF",
        "Second, ALT",
    ]
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()
    for axes in logos(figure):
        assert_whole(axes)


def test_awkward_names_are_legible(tmp_path):
    names = [f"{LONG_NAME} {LONG_NAME}", f"{LONG_NAME} {LONG_NAME}"]
    model = model_of(Planted(), LENGTH, names)
    long_motif = {f"MA0001.1 {LONG_NAME}::{LONG_NAME}": matrix(MOTIF)}
    shown = shown_of(tmp_path, model, "long replacement", long_motif)
    variant = shown.placed.variant._replace(
        chromosome="chr14_GL000009v2_random", id="rs1234567890;rs1234567891", position=123456789
    )
    alleles = (
        allele._replace(chromosome=variant.chromosome, start=allele.start, end=allele.end)
        for allele in (shown.placed.ref, shown.placed.alt)
    )
    placed_there = shown.placed.__class__(variant, Status.swapped, *alleles)
    far = dataclasses.replace(shown.alignment, genome=shown.alignment.genome + 123_456_000)
    shown = dataclasses.replace(
        shown, placed=placed_there, alignment=far, chromosome_length=248_956_422
    )
    [figure] = saved_by(draw_variant, shown, tmp_path / "one.svg")
    assert_legible(figure)


def test_variants_without_effect_are_drawn(tmp_path, model):
    shown = shown_of(tmp_path, model, "substitution", {})
    nothing = dataclasses.replace(
        shown,
        heights=np.zeros_like(shown.heights),
        probabilities=np.full((2, 2), 0.00001, np.float32),
    )
    [figure] = saved_by(draw_variant, nothing, tmp_path / "one.svg")
    assert_legible(figure)
    title, details = variant_finding(nothing)
    assert title == "chrI:305 C>A hardly changes First (<0.001)"
    assert "no known motif overlaps the variant" in details


def finding(shown, probabilities):
    return variant_finding(dataclasses.replace(shown, probabilities=np.array(probabilities)))


def test_the_title_states_the_change_of_the_first_target(tmp_path, model):
    shown = shown_of(tmp_path, model, "substitution")
    title, details = finding(shown, [[0.0001, 0.002], [0.912, 0.118]])
    assert title == "chrI:305 C>A raises First from <0.001 to 0.002"
    assert details == "substitution of 1 base; lowers Second from 0.91 to 0.12"
    # As many digits as the difference needs.
    title, details = finding(shown, [[0.9991, 0.9996], [0.501, 0.502]])
    assert "raises First from 0.999 to >0.999" in title
    assert "raises Second from 0.501 to 0.502" in details
    # Not 0.00 or 1.00.
    title, details = finding(shown, [[0.004, 0.012], [0.997, 0.912]])
    assert "raises First from 0.004 to 0.012" in title
    assert "lowers Second from 0.997 to 0.912" in details


@pytest.mark.parametrize(
    ("case", "title", "kind"),
    [
        ("three bases", "chrI:304 CCC>GAT", "substitution of 3 bases"),
        ("deletion of a base", f"chrI:303 {MOTIF[2:4]}>{MOTIF[2]}", "deletion of 1 bp"),
        ("insertion", "chrI:304 C>CGATTACA", "insertion of 7 bp"),
        ("long deletion", f"chrI:240 {GENOME[239:247]}…(151 bp)>", "deletion of 150 bp"),
        ("repeat", f"chrI:500 {GENOME[499]}AAAAAAAA>", "deletion of 1 bp in a repeat of 8 bp"),
        ("long repeat", "chrI:600 ", "insertion of 4 bp in a repeat of 300 bp"),
        ("long replacement", f"chrI:300 {GENOME[299]}{MOTIF[:7]}", "replacement of 8 by 25 bp"),
    ],
)
def test_kinds_of_variants(tmp_path, model, case, title, kind):
    found, details = variant_finding(shown_of(tmp_path, model, case))
    assert found.startswith(title)
    assert kind in details


def test_positions_are_below_their_bases(tmp_path, model):
    for case in ("substitution", "long deletion", "insertion"):
        shown = shown_of(tmp_path, model, case)
        [figure] = saved_by(draw_variant, shown, tmp_path / "one.png")
        last = figure.axes[-1]
        labels = [int(label.get_text().replace(",", "")) for label in last.get_xticklabels()]
        assert labels and all(label % 10 == 0 for label in labels)
        [logo] = [axes for axes in logos(figure) if axes.get_title("left").startswith("First, REF")]
        assert logo.get_xlim() == last.get_xlim()
        for tick, label in zip(last.get_xticks(), labels, strict=True):
            column = int(tick - 0.5)
            assert shown.alignment.genome[column] == label - 1
            heights = shown.heights[0, 0, :, column]
            if heights.any():
                assert "ACGT"[np.abs(heights).argmax()] == GENOME[label - 1]


def test_one_figure_per_variant(tmp_path, model):
    strongest = [Affected(CASES["insertion"], [0, 1]), Affected(placed(AT, "T", "G"), [1])]
    stems = draw_variants(model, strongest, genome(tmp_path), tmp_path, MOTIFS)
    assert stems == ["001-chrI-304-C-CGATTACA", "002-chrI-301-T-G"]
    found = {path.name for path in tmp_path.iterdir()} - {"genome.fa"}
    assert found == {f"{stem}.{suffix}" for stem in stems for suffix in ("svg", "png")}
