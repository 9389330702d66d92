"""The draw of negatives: histograms, shortages, determinism; distance from labelled bins."""

from math import floor

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from noncoding.data.genome.negatives import (
    MAX_DIFFERENCE,
    Drawn,
    draw_negatives,
    is_clear,
    negatives_warning,
)

PERCENT = st.one_of(st.integers(0, 100), st.none())


def windows(percents, repeats=None):
    """Windows of GC contents and shares of repeats in percent; None for unknown ones."""
    repeats = [0] * len(percents) if repeats is None else repeats
    shares = [
        (np.nan, np.nan) if gc is None else (gc / 100, repeat / 100)
        for gc, repeat in zip(percents, repeats, strict=True)
    ]
    return pd.DataFrame(shares, columns=["gc", "repeats"], dtype=float)


def draw(candidates, labelled, number, match=("gc",), seed=1):
    return draw_negatives(candidates, labelled, number, match, np.random.default_rng(seed))


def percents_of(drawn, candidates, column="gc"):
    return (100 * candidates[column].iloc[drawn.chosen]).round().astype(int).tolist()


def counted_bins(percents):
    """Number of values in each bin of 2 %, by integers."""
    counts = dict.fromkeys(range(50), 0)
    for percent in percents:
        if percent is not None:
            counts[min(percent // 2, 49)] += 1
    return counts


def naive_difference(one, other):
    one, other = (counted_bins(each) for each in (one, other))
    occupied = [bin for bin in one if one[bin] or other[bin]]
    of = [abs(one[bin] / sum(one.values()) - other[bin] / sum(other.values())) for bin in occupied]
    return sum(of) / len(of)


def windows_like(rng, number, mean, spread):
    gc = np.clip(rng.normal(mean, spread, number), 0, 1)
    repeats = np.where(rng.random(number) < 0.5, 0, rng.beta(0.5, 0.5, number))
    return pd.DataFrame({"gc": gc, "repeats": repeats})


@pytest.mark.parametrize("ratio", [1, 2, 0.5])
def test_counts_of_cells_are_equal_where_candidates_suffice(ratio):
    labelled = windows([30] * 20 + [41] * 10 + [40] * 4 + [99] * 2 + [100] * 2 + [None] * 3)
    candidates = windows([*range(101)] * 50 + [None] * 100)
    drawn = draw(candidates, labelled, round(38 * ratio))
    counts = counted_bins(percents_of(drawn, candidates))
    expected = {15: 20 * ratio, 20: 14 * ratio, 49: 4 * ratio}
    assert {bin: number for bin, number in counts.items() if number} == expected
    assert drawn.wanted == len(drawn.chosen) and drawn.difference == {"gc": 0}


def test_cells_of_gc_content_and_repeats_have_equal_counts():
    labelled = windows([30, 30, 30, 31, 60, 60], [0, 1, 10, 10, 100, 99])
    cells = [(gc, repeat) for gc in range(0, 101, 2) for repeat in range(101)]
    candidates = windows(*zip(*cells * 20, strict=True))
    drawn = draw(candidates, labelled, 60, ("gc", "repeats"))
    repeats = percents_of(drawn, candidates, "repeats")
    names = {0: "none", 100: "all"}
    classes = [names.get(share, -(-share // 10)) for share in repeats]
    counts = pd.Series(zip(percents_of(drawn, candidates), classes, strict=True)).value_counts()
    assert counts.to_dict() == {(30, "none"): 10, (30, 1): 30, (60, "all"): 10, (60, 10): 10}
    assert drawn.difference["gc"] == 0
    assert drawn.difference["repeats"] == pytest.approx(
        naive_difference(repeats, [0, 1, 10, 10, 100, 99])
    )


def test_remainders_are_apportioned_to_the_largest():
    # 10 × 5/9, 3/9 and 1/9: 5.56, 3.33 and 1.11.
    drawn = draw(candidates := windows([*range(101)] * 50), windows([10] * 5 + [30] * 3 + [50]), 10)
    counts = counted_bins(percents_of(drawn, candidates))
    assert {bin: number for bin, number in counts.items() if number} == {5: 6, 15: 3, 25: 1}


def test_what_a_cell_lacks_comes_from_the_nearest_ones():
    # Bin 20 wants 10 and has 4. One step away, bin 21 has more to spare (3) than bin 19 (2);
    # the last one comes from bin 24, not from bin 10.
    labelled = windows([40] * 10 + [42])
    candidates = windows([40] * 4 + [42] * 4 + [38] * 2 + [48] * 9 + [20] * 9)
    drawn = draw(candidates, labelled, 11)
    assert sorted(percents_of(drawn, candidates)) == [38] * 2 + [40] * 4 + [42] * 4 + [48]
    # Bins 19, 20, 21 and 24: 2/11 − 0, 4/11 − 10/11, 4/11 − 1/11, 1/11 − 0.
    assert drawn.difference == {"gc": pytest.approx((2 + 6 + 3 + 1) / 11 / 4)}


def test_the_gc_content_is_kept_where_the_share_of_repeats_cannot_be():
    # Wanted: GC content of 40 %, no repeats. Equally near: bin 21 without repeats, bin 20 with.
    candidates = windows([42] * 9 + [40] * 3, [0] * 9 + [5] * 3)
    drawn = draw(candidates, windows([40]), 4, ("gc", "repeats"))
    assert sorted(percents_of(drawn, candidates)) == [40, 40, 40, 42]


def test_too_few_candidates_are_all_drawn():
    drawn = draw(windows([10, None, 80, 81]), windows([10, 11]), 9)
    assert drawn.chosen.tolist() == [0, 2, 3]
    # Bin 5: 1/3 instead of 1; bin 40: 2/3 instead of 0.
    assert drawn.wanted == 9 and drawn.difference == {"gc": pytest.approx(2 / 3)}


@pytest.mark.parametrize("match", [(), ("gc",), ("repeats",), ("gc", "repeats")])
@pytest.mark.parametrize(
    ("candidates", "labelled", "number", "chosen"),
    [
        ([], [], 0, 0),
        ([], [40], 3, 0),
        ([40, 50], [40], 0, 0),
        ([None], [40], 1, 0),
        # No distribution to match.
        ([40, 50, None], [None], 1, 1),
        ([40, 50, None], [], 2, 2),
    ],
)
def test_nothing_to_compare(match, candidates, labelled, number, chosen):
    drawn = draw(windows(candidates), windows(labelled), number, match)
    assert (len(drawn.chosen), drawn.wanted, drawn.difference) == (chosen, number, {})
    assert drawn.chosen.dtype == np.int64


def test_without_matching_each_candidate_is_equally_likely():
    candidates, labelled = windows([10] * 30 + [80] * 10 + [None] * 5), windows([80] * 9)
    drawn = [draw(candidates, labelled, 10, (), seed).chosen for seed in range(400)]
    counts = np.bincount(np.concatenate(drawn), minlength=45)
    assert not counts[40:].any() and counts.sum() == 4000
    # Each of 40 candidates: 400 draws with the chance 1/4, standard deviation 8.7.
    assert np.abs(counts[:40] - 100).max() < 5 * 8.7


@pytest.mark.parametrize("match", [("gc",), ("gc", "repeats")])
def test_within_a_cell_each_candidate_is_equally_likely(match):
    candidates = windows([41] * 20 + [60] * 30)
    drawn = [draw(candidates, windows([40]), 5, match, seed).chosen for seed in range(400)]
    counts = np.bincount(np.concatenate(drawn), minlength=50)
    assert not counts[20:].any() and np.abs(counts[:20] - 100).max() < 5 * 8.7


@settings(max_examples=200, deadline=None)
@given(
    candidates=st.lists(st.tuples(PERCENT, st.integers(0, 100)), max_size=80),
    labelled=st.lists(st.tuples(PERCENT, st.integers(0, 100)), max_size=30),
    number=st.integers(0, 60),
    match=st.sampled_from([(), ("gc",), ("repeats",), ("gc", "repeats")]),
)
def test_draws_are_distinct_known_complete_and_reproducible(candidates, labelled, number, match):
    known = [gc is not None for gc, _ in candidates]
    frames = [
        windows([gc for gc, _ in each], [repeat for _, repeat in each])
        for each in (candidates, labelled)
    ]
    drawn = draw(*frames, number, match)
    assert len(drawn.chosen) == min(number, sum(known))
    assert (np.diff(drawn.chosen) > 0).all()
    assert all(known[candidate] for candidate in drawn.chosen)
    assert drawn.chosen.tolist() == draw(*frames, number, match).chosen.tolist()
    if match and drawn.difference:
        columns = {"gc": 0, "repeats": 1}
        for name, value in drawn.difference.items():
            of = [candidates[chosen][columns[name]] for chosen in drawn.chosen]
            models = [each[columns[name]] for each in labelled if each[0] is not None]
            assert value == pytest.approx(naive_difference(of, models))


@settings(max_examples=100, deadline=None)
@given(
    available=st.dictionaries(st.integers(0, 49), st.integers(1, 30), min_size=1),
    wanted=st.dictionaries(st.integers(0, 49), st.integers(1, 30), min_size=1),
)
def test_no_draw_is_nearer_to_the_histogram(available, wanted):
    candidates = windows([2 * bin for bin, number in available.items() for _ in range(number)])
    labelled = windows([2 * bin for bin, number in wanted.items() for _ in range(number)])
    assume(len(candidates) >= len(labelled))
    drawn = draw(candidates, labelled, len(labelled))
    found = counted_bins(percents_of(drawn, candidates))
    assert all(found[bin] <= available.get(bin, 0) for bin in found)
    # What a bin lacks is in excess in others, wherever it is placed.
    least = 2 * sum(max(0, wanted[bin] - available.get(bin, 0)) for bin in wanted)
    assert sum(abs(found[bin] - wanted.get(bin, 0)) for bin in found) == least


@pytest.mark.parametrize("match", [("gc",), ("gc", "repeats")])
@pytest.mark.parametrize("seed", range(3))
def test_histograms_agree_where_the_genome_allows_it(match, seed):
    rng = np.random.default_rng(seed)
    labelled = windows_like(rng, 5000, 0.45, 0.06)
    candidates = windows_like(rng, 200_000, 0.38, 0.06)
    drawn = draw(candidates, labelled, 5000, match)
    assert len(drawn.chosen) == 5000
    assert max(drawn.difference.values()) < MAX_DIFFERENCE / 10
    # Without matching, they do not agree.
    unmatched = draw(candidates, labelled, 5000, ()).chosen
    shares = [floor(50 * gc) for gc in candidates["gc"].iloc[unmatched]]
    models = [floor(50 * gc) for gc in labelled["gc"]]
    assert naive_difference([2 * each for each in shares], [2 * each for each in models]) > 0.02


def test_seeds_give_different_draws():
    candidates, labelled = windows([40] * 200), windows([40] * 10)
    one, other = (draw(candidates, labelled, 50, seed=seed).chosen.tolist() for seed in (1, 2))
    assert one != other


def test_matching_narrows_the_draw_only_as_far_as_asked():
    # Repeats of labelled windows are matched only on request.
    rng = np.random.default_rng(5)
    labelled = windows_like(rng, 2000, 0.4, 0.05).assign(repeats=0.0)
    candidates = windows_like(rng, 50_000, 0.4, 0.05)
    of = {
        match: (candidates["repeats"].iloc[draw(candidates, labelled, 2000, match).chosen] > 0)
        for match in (("gc",), ("gc", "repeats"))
    }
    assert of["gc",].mean() > 0.4 and of["gc", "repeats"].sum() == 0


@given(
    labelled=st.sets(st.integers(0, 60)),
    candidates=st.lists(st.integers(0, 60)),
    apart=st.integers(0, 8),
)
def test_clear_bins_are_those_of_a_naive_loop(labelled, candidates, apart):
    found = is_clear(np.array(candidates, np.int64), np.array(sorted(labelled), np.int64), apart)
    expected = [all(abs(one - other) >= apart for other in labelled) for one in candidates]
    assert found.dtype == bool and found.tolist() == expected


@pytest.mark.parametrize(
    ("drawn", "avoid", "expected"),
    [
        (Drawn(np.arange(5), 5, {"gc": 0.02}), "windows", None),
        (Drawn(np.arange(0), 0, {}), "windows", None),
        (
            Drawn(np.arange(1500), 2000, {"gc": 0.01}),
            "windows",
            "Split valid: 1,500 of 2,000 negatives drawn, since no other bin qualifies. Lower "
            "negatives.valid or set negatives.avoid: bins.",
        ),
        (
            Drawn(np.arange(9), 10, {}),
            "bins",
            "Split valid: 9 of 10 negatives drawn, since no other bin qualifies. Lower "
            "negatives.valid.",
        ),
        (
            Drawn(np.arange(9), 10, {"gc": 0.0312, "repeats": 0.05}),
            "windows",
            "Split valid: 9 of 10 negatives drawn, since no other bin qualifies; negatives differ "
            "from labelled bins in GC content (0.031) and share of soft-masked bases (0.050); "
            "expected a mean absolute difference of the histograms, in bins of 2 %, of at most "
            "0.02. Lower negatives.valid or set negatives.avoid: bins.",
        ),
    ],
)
def test_the_warning_says_what_was_found_and_what_to_do(drawn, avoid, expected):
    assert negatives_warning("valid", drawn, avoid) == expected
