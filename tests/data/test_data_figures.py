"""Figures of a data set: their titles for counts by hand, and legibility."""

import numpy as np
import pandas as pd
import pytest
from figure_checks import LONG_NAME, assert_legible, elements, saved_by

from noncoding.data.counts import SplitCounts
from noncoding.data.figures import (
    bases_finding,
    draw_bases,
    draw_gc_content,
    draw_labels,
    draw_positives,
    draw_prevalence,
    gc_finding,
    labels_finding,
    positives_finding,
    prevalence_finding,
)


def split(loci, positives, loci_by_labels=(0,), bases=(1, 1, 1, 1, 0), labelled=(), unlabelled=()):
    """Counts; `labelled` and `unlabelled` are the first bins of the histograms of GC content."""
    arrays = (np.array(counts) for counts in (positives, loci_by_labels, bases))
    gc = (np.pad(np.array(each, dtype=int), (0, 50 - len(each))) for each in (labelled, unlabelled))
    return SplitCounts(loci, *arrays, *gc, with_unknown=0)


def test_positives():
    assert positives_finding(split(2000, [1500, 20, 30])) == (
        "A target has 20 to 1,500 positive training loci",
        "median 30 of 2,000 training loci",
    )
    _, details = positives_finding(split(2000, [1500, 0, 30]))
    assert details.endswith("; 1 of 3 targets without any")
    assert positives_finding(split(9, [4]))[0] == "A target has 4 positive training loci"


def test_labels():
    train = split(200, [100, 50, 0, 0], loci_by_labels=[80, 90, 30, 0, 0])
    assert labels_finding(train) == (
        "A training locus is positive for 0.75 of 4 targets on average",
        "40 % of training loci are positive for no target, 45 % for exactly one",
    )


def test_bases():
    splits = {
        "train": split(1, [0], bases=[300, 100, 150, 440, 10]),
        "test": split(1, [0], bases=[25, 25, 25, 25, 0]),
    }
    assert bases_finding(splits) == (
        "GC content is between 25.3 and 50.0 % in all splits",
        "of known bases: train 25.3 %, test 50.0 %; at most 1 % of bases are N",
    )
    assert bases_finding({"test": splits["test"]}) == (
        "GC content is 50.0 % in all splits",
        "of known bases: test 50.0 %; no base is N",
    )


def test_gc_content():
    # 0.5 − 0.25 in both bins; 1 − 0 and 0 − 1.
    splits = {
        "train": split(8, [0], labelled=[2, 2], unlabelled=[1, 3]),
        "valid": split(3, [0], labelled=[1], unlabelled=[0, 2]),
        "test": split(3, [0], labelled=[3]),
    }
    assert gc_finding(splits) == (
        "GC content of windows with and without a label differs by 1.000 at most",
        "mean absolute difference of the shares, over bins of 2 %: train 0.2500, valid 1.0000",
    )
    # Of 100 windows, the 5th is in bin 1, the 95th in bin 3.
    alone = {
        "train": split(97, [0], labelled=[1, 1, 50, 40, 5]),
        "test": split(3, [0], labelled=[3]),
    }
    assert gc_finding(alone) == (
        "The GC content of at least 90 % of the windows is between 2 and 8 %",
        "windows of 100 loci of all splits",
    )
    assert gc_finding({"test": split(1, [0])}) == ("No window has a known base", "")


@pytest.mark.parametrize(
    ("labelled", "unlabelled"),
    [
        ([], []),
        ([3], []),
        ([], [3]),
        ([0] * 15 + [9] * 9, [0] * 14 + [9] * 9),
        ([5, *[0] * 48, 5], [9]),
    ],
)
def test_figures_of_gc_content(tmp_path, labelled, unlabelled):
    one = split(3_000_000, [0], labelled=labelled, unlabelled=unlabelled)
    splits = {"train": one, "valid": one, "test": split(5, [0], labelled=labelled)}
    [figure] = saved_by(draw_gc_content, splits, tmp_path / "gc.svg")
    assert_legible(figure)
    drawn = [len(axes.patches) for axes in figure.axes]
    both = bool(labelled) + bool(unlabelled)
    assert drawn == [both, both, bool(labelled)]


def test_shares_of_gc_content_are_drawn(tmp_path):
    splits = {"test": split(9, [0], labelled=[0, 1, 3], unlabelled=[0, 0, 2, 3])}
    [figure] = saved_by(draw_gc_content, splits, tmp_path / "gc.svg")
    found = [patch.get_data() for patch in figure.axes[0].patches]
    assert [each.values.tolist() for each in found] == [[25, 75, 0], [0, 40, 60]]
    assert [each.edges.tolist() for each in found] == [[2, 4, 6, 8]] * 2


def test_prevalence():
    train, test = split(100, [10, 20, 30, 0, 8]), split(50, [5, 5, 5, 1, 0])
    # Changes: 1-fold, 2-fold (not more than twofold), 3-fold; two without positives.
    assert prevalence_finding(train, test) == (
        "From training to test, prevalence changes more than twofold for 1 of 3 targets",
        "median change 2-fold; 2 without positives in training or test not shown",
    )
    finding, _ = prevalence_finding(split(9, [1, 0]), split(9, [0, 1]))
    assert finding == "No target has positives in both training and test"


@pytest.mark.parametrize("positives", [[3, 0, 1], [0, 0, 0], [5, 5, 5]])
def test_figures_of_extreme_counts(tmp_path, positives):
    targets = pd.DataFrame({"index": range(3), "name": list("abc"), "group": list("TDT")})
    counts = split(5, positives, [5, 0, 0, 0])
    for figure in (
        *saved_by(draw_positives, targets, counts, tmp_path / "positives.svg"),
        *saved_by(draw_labels, {"train": counts, "test": counts}, tmp_path / "labels.svg"),
        *saved_by(draw_prevalence, targets, counts, counts, tmp_path / "prevalence.svg"),
    ):
        assert_legible(figure)
    [labels] = saved_by(draw_labels, {"train": counts}, tmp_path / "labels.svg")
    assert labels.axes[0].get_ylim()[1] <= 120  # a share in %
    text = (tmp_path / "positives.svg").read_text()
    assert all(f">{name}<" in text for name in "abc")
    assert all(f">{words}<" in text for words in positives_finding(counts))


@pytest.mark.parametrize("count", [1, 30, 2100])
def test_long_names_and_many_targets_leave_the_figures_legible(tmp_path, count):
    groups = ["transcription factor", "DNase I hypersensitive site", "histone modification"]
    names = [f"{LONG_NAME} {number}" for number in range(count)]
    targets = pd.DataFrame({"index": range(count), "name": names})
    targets["group"] = [groups[number % 3] for number in range(count)]
    generator = np.random.default_rng(0)
    splits = {
        name: SplitCounts(
            loci=4_400_000,
            positives=generator.integers(1, 1_000_000, count),
            loci_by_labels=np.bincount(generator.integers(0, count + 1, 999), minlength=count + 1),
            bases=np.array([3, 2, 2, 3, 0.1]) * 1_000_000,
            gc_labelled=np.full(50, 88_000),
            gc_unlabelled=np.zeros(50, dtype=int),
            with_unknown=0,
        )
        for name in ("train", "valid", "test")
    }
    train, test, path = splits["train"], splits["test"], tmp_path / "one.svg"
    [positives] = saved_by(draw_positives, targets, train, path)
    [labels] = saved_by(draw_labels, splits, path)
    [bases] = saved_by(draw_bases, splits, path)
    [prevalence] = saved_by(draw_prevalence, targets, train, test, path)
    for figure in (positives, labels, bases, prevalence):
        assert_legible(figure)
    assert elements(path) < 2000
    shown = [text.get_text() for text in positives.axes[0].get_xticklabels()]
    assert len(set(shown)) == len(shown)
    assert any(text.startswith("GM12878") for text in shown) == (count <= 30)
