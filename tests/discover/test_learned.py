"""What is said of patterns and their matches."""

import numpy as np
import pytest
from planted import MOTIF, matrix

from noncoding.discover.figures import draw_learned, information, learned_finding
from noncoding.discover.learned import Learned
from noncoding.discover.matching import Match
from noncoding.discover.patterns import Pattern


def learned(own_q=1e-9, own=("own",), patterns=6):
    made = [
        Pattern("TF-MoDISco", f"for {number}", 30, matrix(MOTIF), matrix(MOTIF))
        for number in range(patterns)
    ]
    if patterns:
        made.append(Pattern("first layer", "filter 3", 99, matrix(MOTIF), matrix(MOTIF)))
    found = {"other": Match("other", 1e-3, 1, True), "own": Match("own", own_q, 0, False)}
    motifs = {"own": matrix(MOTIF), "other": matrix("AACCGGTT")}
    return Learned(7, "Reb1", {"test": 40}, made, [found for _ in made], list(own), motifs)


def test_the_table_names_the_best_match_and_the_own_motif():
    rows = learned().rows()
    assert len(rows) == 7
    assert rows[0]["best_match"] == "other" and rows[0]["q_value"] == 1e-3
    assert rows[0]["own_motif"] == "own" and rows[0]["own_q_value"] == 1e-9
    unknown = learned(own=()).rows()[0]
    assert unknown["own_motif"] == "" and np.isnan(unknown["own_q_value"])


@pytest.mark.parametrize(("q_value", "recovered"), [(0.049, True), (0.051, False)])
def test_a_motif_is_given_back_below_a_q_value(q_value, recovered):
    target = learned(q_value)
    assert target.recovered is recovered
    assert ("does not come back" in learned_finding(target)) is not recovered


def test_the_first_layer_alone_gives_nothing_back():
    target = learned(patterns=1)
    of_layer = Learned(**{**target.__dict__, "patterns": target.patterns[1:]})
    assert not of_layer.recovered
    assert "from first layer" in learned_finding(of_layer)


def test_the_filter_is_always_drawn():
    drawn = [pattern.name for pattern in learned().drawn(4)]
    assert drawn == ["for 0", "for 1", "for 2", "filter 3"]


def test_a_target_without_patterns_or_motif_says_so():
    assert "no pattern recurs" in learned_finding(learned(patterns=0))
    assert "no motif of its own is known" in learned_finding(learned(own=()))


def test_information_of_a_column():
    columns = np.array([[0.25, 1.0, 0.5], [0.25, 0, 0.5], [0.25, 0, 0], [0.25, 0, 0]])
    np.testing.assert_allclose(information(columns).sum(axis=0), [0, 2, 1], atol=1e-12)


@pytest.mark.parametrize("patterns", [0, 2])
def test_logos_are_drawn(tmp_path, patterns):
    paths = [tmp_path / "one.svg", tmp_path / "one.png"]
    draw_learned(learned(patterns=patterns), *paths)
    assert all(path.stat().st_size for path in paths)
