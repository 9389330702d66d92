import itertools

import numpy as np
import pandas as pd
import pytest

from noncoding.data.regions import covered_regions, overlapping_chromosomes


def table(*rows):
    return pd.DataFrame(rows, columns=["chromosome", "start", "end"])


def test_touching_loci_are_one_region():
    loci = table(("II", 0, 10), ("I", 500, 510), ("I", 0, 10), ("I", 10, 20), ("I", 15, 30))
    found = covered_regions(loci)
    assert found == {"II": [[0, 10]], "I": [[0, 30], [500, 510]]}
    assert list(found) == ["II", "I"]


def test_the_shortest_gaps_are_closed_first_and_those_with_other_rows_last():
    loci = table(("I", 0, 10), ("I", 15, 20), ("I", 40, 50), ("I", 52, 60), ("II", 0, 10))
    others = table(("I", 50, 52))
    assert covered_regions(loci, others, most=4)["I"] == [[0, 20], [40, 50], [52, 60]]
    assert covered_regions(loci, others, most=3)["I"] == [[0, 50], [52, 60]]
    assert covered_regions(loci, most=3)["I"] == [[0, 20], [40, 60]]
    assert covered_regions(loci, others, most=1) == {"I": [[0, 60]], "II": [[0, 10]]}


@pytest.mark.parametrize("most", [None, 2, 3])
def test_a_block_between_training_blocks_is_not_part_of_them(most):
    train = [
        ("I", at, at + 1000) for at in [*range(0, 40_000, 1000), *range(80_000, 120_000, 1000)]
    ]
    test = [("I", at, at + 1000) for at in range(50_000, 60_000, 1000)]
    regions = covered_regions(table(*train), table(*test), most)
    assert regions == {"I": [[0, 40_000], [80_000, 120_000]]}
    assert overlapping_chromosomes(covered_regions(table(*test)), regions) == []


def test_regions_overlap_only_if_they_share_a_base():
    regions = {"chr1": [[10, 20]], "chr2": [[0, 5]], "chr3": [[0, 5]]}
    others = {"1": [[0, 10], [20, 30]], "2": [[4, 9]], "4": [[0, 5]]}
    assert overlapping_chromosomes(regions, others) == ["chr2"]


def test_regions_are_compared_as_in_a_naive_comparison():
    random = np.random.default_rng(0)
    answers = []
    for _ in range(200):
        one, other = (
            covered_regions(table(*[("I", at, at + 3) for at in random.integers(0, 60, 4)]))
            for _ in range(2)
        )
        expected = any(
            a < d and c < b for (a, b), (c, d) in itertools.product(one["I"], other["I"])
        )
        assert overlapping_chromosomes(one, other) == ["I"] * expected
        answers.append(expected)
    assert len(set(answers)) == 2
