"""Windows by position, compared with loops over all bases."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_genome import random_genome, window, write_fasta

from noncoding.data.genome.chromosomes import Genome
from noncoding.data.genome.sequences import Sequences
from noncoding.data.genome.windows import centred_windows, tiled_windows

LENGTHS = {"one": 95, "two": 60, "three": 11}
GENOME = Genome("g.fa", LENGTHS)


def regions_of(*rows):
    """Regions of chromosome, start, end, and a summit if they have one."""
    table = pd.DataFrame(rows, columns=["chromosome", "start", "end", "summit"][: len(rows[0])])
    names = pd.Categorical(table["chromosome"], categories=[*LENGTHS])
    return table.assign(chromosome=names, region=[f"r{i}" for i in range(len(rows))])


def listed(windows):
    """Chromosome, bin and region of each window."""
    return list(windows.table(slice(0, len(windows))).itertuples(index=False, name=None))


def naive_tiles(rows, bin, stride):
    return [
        (chromosome, start, start + bin, f"r{number}")
        for number, (chromosome, first, last) in enumerate(rows)
        for start in range(0, LENGTHS[chromosome] - bin + 1, stride)
        if any(first <= base < last for base in range(start, start + bin))
    ]


intervals = st.tuples(st.sampled_from([*LENGTHS]), st.integers(0, 94), st.integers(1, 40)).filter(
    lambda drawn: drawn[1] < LENGTHS[drawn[0]]
)


@given(st.lists(intervals, min_size=1, max_size=5), st.integers(1, 12), st.integers(1, 15))
def test_tiles_are_the_bins_of_the_grid_that_overlap_a_region(drawn, bin, stride):
    rows = [(name, start, min(start + more, LENGTHS[name])) for name, start, more in drawn]
    windows = tiled_windows(regions_of(*rows), GENOME, bin + 6, bin, stride)
    assert listed(windows) == naive_tiles(rows, bin, stride)
    assert len(windows) == len(listed(windows))


@given(
    st.lists(intervals, min_size=1, max_size=4),
    st.lists(intervals, min_size=1, max_size=4),
    st.integers(1, 12),
)
def test_windows_that_overlap_an_excluded_region_are_left_out(drawn, left_out, stride):
    rows = [(name, start, min(start + more, LENGTHS[name])) for name, start, more in drawn]
    excluded = {
        name: pd.DataFrame(
            [(start, start + more) for other, start, more in left_out if other == name],
            columns=["start", "end"],
        )
        for name in {name for name, _, _ in left_out}
    }
    bin, length = 4, 10

    def is_free(chromosome, start, end, _):
        bases = range(start - 3, end + 3)
        return not any(
            other == chromosome and first <= base < first + more
            for (other, first, more), base in product(left_out, bases)
        )

    for windows in (
        tiled_windows(regions_of(*rows), GENOME, length, bin, stride),
        centred_windows(regions_of(*rows), GENOME, length, bin),
    ):
        expected = [row for row in listed(windows) if is_free(*row)]
        assert listed(windows.without(excluded)) == expected


@pytest.mark.parametrize(
    ("region", "length", "bin", "start"),
    [
        (("one", 10, 50), 40, 20, 20),
        (("one", 10, 51), 40, 20, 20),
        (("one", 30, 31), 40, 20, 20),
        (("one", 0, 2), 40, 20, -9),
        (("one", 10, 51), 41, 21, 20),
    ],
)
def test_a_window_is_centred_on_its_region(region, length, bin, start):
    windows = centred_windows(regions_of(region), GENOME, length, bin)
    assert windows.positions(np.arange(1))[1] == [start]
    assert listed(windows) == [("one", max(0, start), start + bin, "r0")]


def test_a_window_is_centred_on_a_summit_or_else_on_the_region():
    regions = regions_of(("one", 10, 50, 33), ("one", 10, 50, -1))
    windows = centred_windows(regions, GENOME, 40, 20, summit=True)
    assert [row[1] for row in listed(windows)] == [23, 20]


@pytest.mark.parametrize("index", [False, True])
def test_codes_are_those_of_the_letters(tmp_path, index):
    genome = random_genome(**LENGTHS)
    sequences = Sequences(write_fasta(tmp_path / "g.fa", genome, index=index))
    regions = regions_of(("two", 0, 60), ("one", 5, 95), ("three", 3, 4))
    windows = tiled_windows(regions, GENOME, 16, 6, 7)
    shifts = (0, -11, 30)
    rows = slice(2, len(windows))
    expected = [
        [
            ["ACGTN".index(base) for base in window(genome, name, start - 5 + by, start + 11 + by)]
            for name, start, _, _ in listed(windows)[2:]
        ]
        for by in shifts
    ]
    found = windows.codes(sequences, rows, shifts)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, expected)


def test_windows_of_a_chromosome():
    windows = tiled_windows(
        regions_of(("two", 0, 20), ("one", 0, 9), ("two", 50, 60)), GENOME, 8, 4, 4
    )
    rows, starts = windows.on("two")
    assert [listed(windows)[row][:2] for row in rows] == [("two", start) for start in starts]
    assert starts.tolist() == [0, 4, 8, 12, 16, 48, 52, 56]
    assert windows.on("three")[0].tolist() == []
    assert windows.chromosomes == ["two", "one", "two"]


def test_the_digest_tells_positions_and_order():
    regions = regions_of(("one", 0, 40), ("two", 0, 40))
    of = [
        tiled_windows(regions, GENOME, 8, 4, 4),
        tiled_windows(regions, GENOME, 8, 4, 2),
        tiled_windows(regions, GENOME, 10, 4, 4),
        tiled_windows(regions[::-1], GENOME, 8, 4, 4),
        tiled_windows(regions[:1], GENOME, 8, 4, 4),
    ]
    assert len({windows.digest for windows in of}) == 5
    again = tiled_windows(regions.assign(region=["x", "y"]), GENOME, 8, 4, 4)
    assert again.digest == of[0].digest


def test_bases_between_distant_windows_are_not_read():
    """Otherwise a batch could need the memory of a genome."""
    read = []
    genome = Genome("g.fa", LENGTHS | {"one": 500})

    class Counted:
        def codes(self, _, start, end):
            read.append(end - start)
            return np.arange(start, end).astype(np.uint8)

    for stride, expected in ((50, 9 * [40]), (20, [200])):
        windows = tiled_windows(regions_of(("one", 0, 500)), genome, 40, 20, stride)
        found = windows.codes(Counted(), slice(0, 9))[0]
        starts = stride * np.arange(9) - 10
        assert (found == (starts[:, None] + np.arange(40)).astype(np.uint8)).all()
        assert read == expected
        read.clear()
