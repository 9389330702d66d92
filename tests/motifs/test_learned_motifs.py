"""Summaries and figures of patterns and their matches."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from figure_checks import LONG_NAME, assert_legible, assert_whole, logos, saved_by
from planted import MOTIF, matrix

from noncoding.motifs.figures import draw_motifs, information, motifs_finding, plotted_patterns
from noncoding.motifs.learned_motifs import COLUMNS, TargetMotifs
from noncoding.motifs.patterns import Pattern
from noncoding.motifs.tomtom import Match


def learned(own_q=1e-9, own=("own",), patterns=6):
    made = [
        Pattern("TF-MoDISco", f"for {number}", 30, matrix(MOTIF), matrix(MOTIF))
        for number in range(patterns)
    ]
    if patterns:
        made.append(Pattern("first layer", "filter 3", 99, matrix(MOTIF), matrix(MOTIF)))
    found = {"other": Match("other", 1e-3, 1, True), "own": Match("own", own_q, 0, False)}
    motifs = {"own": matrix(MOTIF), "other": matrix("AACCGGTT")}
    return TargetMotifs(7, "Reb1", {"test": 40}, made, [found for _ in made], list(own), motifs)


def test_rows_have_the_best_match_and_the_known_motif():
    table = pd.DataFrame(learned().rows(), columns=COLUMNS)
    assert len(table) == 7
    matched = ["best_match", "q_value", "own_motif", "own_q_value"]
    assert table.loc[0, matched].tolist() == ["other", 1e-3, "own", 1e-9]
    unknown = pd.DataFrame(learned(own=()).rows(), columns=COLUMNS)
    assert (unknown["own_motif"] == "").all() and unknown["own_q_value"].isna().all()


@pytest.mark.parametrize(("q_value", "recovered"), [(0.049, True), (0.051, False)])
def test_a_motif_is_recovered_below_a_q_value(q_value, recovered):
    target = learned(q_value)
    assert target.recovered is recovered
    assert ("not recovered" in motifs_finding(target)[0]) is not recovered


def test_the_first_layer_does_not_count_as_recovery():
    target = learned(patterns=1)
    of_layer = replace(target, patterns=target.patterns[1:])
    assert not of_layer.recovered
    assert motifs_finding(of_layer) == (
        "Reb1: known motif not recovered",
        "no pattern of TF-MoDISco; 1 of 1 pattern shown",
    )


def test_the_first_layer_is_always_plotted():
    plotted = [pattern.name for pattern in plotted_patterns(learned())]
    assert plotted == ["for 0", "for 1", "for 2", "filter 3"]


def test_findings_without_patterns_or_motif():
    assert "no recurring pattern" in motifs_finding(learned(patterns=0))[0]
    assert motifs_finding(learned(own=())) == (
        "Reb1: 7 recurring patterns",
        "no motif of the target is known; 4 of 7 patterns shown",
    )


def test_information_of_a_column():
    columns = np.array([[0.25, 1.0, 0.5], [0.25, 0, 0.5], [0.25, 0, 0], [0.25, 0, 0]])
    np.testing.assert_allclose(information(columns).sum(axis=0), [0, 2, 1], atol=1e-12)


def drawn(target, folder):
    [figure] = saved_by(draw_motifs, target, folder / "one.svg", folder / "one.png")
    assert_legible(figure)
    return figure


def test_logos_are_aligned(tmp_path):
    panels = drawn(learned(patterns=2), tmp_path)
    assert len(panels.axes) == 3 * 3
    for axes in logos(panels):
        assert_whole(axes)
    # The best match, of 8 columns, starts one before the pattern, of 9.
    for left, middle, right in zip(
        panels.axes[::3], panels.axes[1::3], panels.axes[2::3], strict=True
    ):
        assert left.get_xlim() == middle.get_xlim() == pytest.approx((-1.5, 9.5))
        assert right.get_xlim() == pytest.approx((-0.5, 10.5))
        assert right.get_title("left").splitlines() == ["other", "q = 0.001"]


@pytest.mark.parametrize("offset", [-20, 0, 12])
def test_wide_logos_and_long_names_are_not_clipped(tmp_path, offset):
    generator = np.random.default_rng(0)
    name = "MA1234.1 VERYLONGNAME::OTHERNAME(var.2)"
    wide, known = (generator.dirichlet([0.3] * 4, width).T for width in (45, 30))
    made = [Pattern("TF-MoDISco", f"against {n}", 123_456, wide, wide - 0.25) for n in range(5)]
    made.append(Pattern("first layer", "filter 319", 9, wide[:, :9], wide[:, :9] - 0.25))
    found = {name: Match(name, 1e-9, offset, True)}
    target = TargetMotifs(7, LONG_NAME, {}, made, [found for _ in made], [name], {name: known})
    figure = drawn(target, tmp_path)
    assert len(logos(figure)) == 3 * 4
    for axes in logos(figure):
        assert_whole(axes)


def test_the_figure_of_a_target_without_patterns(tmp_path):
    figure = drawn(learned(patterns=0), tmp_path)
    assert logos(figure) == []
    assert "no recurring pattern" in figure.get_suptitle()


def test_a_match_that_is_not_significant_is_marked(tmp_path):
    target = learned(patterns=1)
    weak = {"own": Match("own", 0.2, 0, False)}
    figure = drawn(replace(target, matches=[weak, target.matches[1]]), tmp_path)
    titles = [axes.get_title("left") for axes in figure.axes[2::3]]
    assert titles == ["own\nq = 0.2 (not significant)", "other\nq = 0.001"]
