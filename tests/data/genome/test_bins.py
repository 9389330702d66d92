"""Labels and windows, against a count base by base."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noncoding.data.genome.bins import BinAxis, Binning, overlaps, positive_bins

LENGTH = 97
TARGETS = 3

intervals = st.builds(
    lambda start, size: (start, min(start + size, LENGTH)),
    st.integers(0, LENGTH - 1),
    st.one_of(st.just(1), st.integers(1, 40)),
)
peak_lists = st.lists(st.tuples(st.integers(0, TARGETS - 1), intervals), max_size=25)


def peak_table(peaks):
    return pd.DataFrame(
        [(target, start, end) for target, (start, end) in peaks],
        columns=["target", "start", "end"],
    ).astype(np.int64)


def positive_pairs(peaks, length, binning, before=()):
    """Pairs of bin and target on a chromosome, which others may precede in the genome."""
    lengths = {f"before{place}": other for place, other in enumerate(before)} | {"c": length}
    axis = BinAxis(lengths, binning.bin)
    chromosome = pd.Categorical(["c"] * len(peaks), categories=[*lengths])
    pairs = []
    for target, own in peaks.assign(chromosome=chromosome).groupby("target"):
        names, starts = axis.starts(positive_bins(own, axis, binning))
        bins = starts // binning.bin
        assert {axis.chromosomes[name] for name in names} <= {"c"}
        pairs += [(int(bin), int(target)) for bin in bins]
    return sorted(pairs)


def counted_base_by_base(peaks, length, bin, covered_bases):
    """Pairs of bin and target; `covered_bases` is the least number of bases, exclusive."""
    pairs = set()
    for target in range(TARGETS):
        own = [interval for other, interval in peaks if other == target]
        for number in range(length // bin):
            bases = range(number * bin, (number + 1) * bin)
            covered = [
                any(start <= base < end for start, end in own if end - start > 1) for base in bases
            ]
            point = any(start in bases for start, end in own if end - start == 1)
            if point or sum(covered) > covered_bases:
                pairs.add((number, target))
    return sorted(pairs)


@settings(max_examples=150, deadline=None)
@given(
    peak_lists, st.sampled_from([(1, 0.5), (4, 0.5), (10, 0.5), (10, 0.3), (7, 0.0), (200, 0.5)])
)
def test_positive_bins_agree_with_a_count_base_by_base(peaks, rule):
    bin, fraction = rule
    expected = counted_base_by_base(peaks, LENGTH, bin, round(fraction * bin, 6))
    for before in ((), (LENGTH,), (3, 40)):
        binning = Binning(bin, bin, fraction)
        assert positive_pairs(peak_table(peaks), LENGTH, binning, before) == expected


summits = st.lists(
    st.tuples(st.integers(0, TARGETS - 1), intervals, st.integers(-1, 39)), max_size=25
)


@settings(max_examples=100)
@given(summits, st.sampled_from([1, 4, 10, 200]))
def test_summit_and_any_agree_with_a_search_base_by_base(peaks, bin):
    table = peak_table([(target, interval) for target, interval, _ in peaks])
    # An offset beyond the peak is not a summit: read_bed gives -1 for it.
    table["summit"] = np.array(
        [start + s if 0 <= s < end - start else -1 for _, (start, end), s in peaks], dtype=np.int64
    )
    wanted = {"summit": set(), "any": set()}
    for (target, (start, end), _), summit in zip(peaks, table["summit"], strict=True):
        middle = start + (end - start) // 2
        wanted["summit"].add(((middle if summit == -1 else int(summit)) // bin, target))
        wanted["any"] |= {(base // bin, target) for base in range(start, end)}
    for rule, pairs in wanted.items():
        found = positive_pairs(table, LENGTH, Binning(bin, bin, 0.5, rule))
        assert found == sorted(pair for pair in pairs if pair[0] < LENGTH // bin)


def test_short_peaks_label_one_bin_each_by_their_summit_and_none_by_overlap():
    starts = np.arange(50) * 400 + 170  # 40 bp across the border of two bins
    table = peak_table([(0, (start, start + 40)) for start in starts]).assign(summit=starts + 35)
    found = {
        rule: [bin for bin, _ in positive_pairs(table, 20_000, Binning(1000, 200, 0.5, rule))]
        for rule in ("overlap", "summit", "any")
    }
    assert found["overlap"] == []
    assert found["summit"] == list(range(1, 100, 2))
    assert found["any"] == list(range(100))


@pytest.mark.parametrize(
    ("peaks", "expected"),
    [
        ([(0, 100)], []),  # exactly half is not more than half
        ([(0, 101)], [0]),
        ([(99, 300)], [0]),  # 101 bp of the first bin, 100 of the second
        ([(99, 301)], [0, 1]),
        ([(0, 60), (40, 101)], [0]),  # overlapping peaks count once …
        ([(0, 60), (0, 60)], []),  # … and so do equal ones
        ([(0, 51), (150, 200)], [0]),  # peaks apart add up
        ([(5, 6)], [0]),  # one position is enough
        ([(199, 200), (200, 201)], [0, 1]),
        ([(5, 7)], []),  # two bases are a region
        ([(5, 6), (6, 7)], [0]),  # neighbouring positions stay positions
        ([(400, 450)], []),  # the incomplete last bin is left out
        ([(410, 411)], []),
        ([(0, 450)], [0, 1]),
    ],
)
def test_deepsea_rule_at_its_limits(peaks, expected):
    table = peak_table([(0, peak) for peak in peaks])
    found = positive_pairs(table, 450, Binning(1000, 200, 0.5))
    assert found == [(bin, 0) for bin in expected]


def test_a_fraction_without_exact_binary_form_is_used_as_written():
    table = peak_table([(0, (0, 29)), (1, (0, 30))])
    assert positive_pairs(table, 100, Binning(100, 100, 0.29)) == [(0, 1)]


def test_peaks_of_neighbouring_chromosomes_are_not_merged():
    axis = BinAxis({"a": 10, "b": 10}, 10)
    names = pd.Categorical(["a", "b"], categories=["a", "b"])
    peaks = pd.DataFrame({"chromosome": names, "start": [6, 0], "end": [10, 4]})
    assert positive_bins(peaks, axis, Binning(10, 10, 0.5)).tolist() == []


def test_the_bin_is_at_the_centre_of_its_window():
    _, starts = BinAxis({"c": 3000}, 200).starts(np.array([0, 2, 10]))
    assert (starts - Binning(1000, 200, 0.5).flank).tolist() == [-400, 0, 1600]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, LENGTH - 10), unique=True), st.lists(intervals, max_size=4))
def test_overlapping_windows_share_a_base_with_a_region(starts, regions):
    starts = sorted(starts)
    table = pd.DataFrame(regions, columns=["start", "end"]).astype(np.int64)
    expected = [any(s < end and start < s + 10 for start, end in regions) for s in starts]
    assert overlaps(np.array(starts, dtype=np.int64), 10, table).tolist() == expected
