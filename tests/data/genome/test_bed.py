"""BED and narrowPeak files, and their intervals on a genome."""

import bz2
import gzip
import logging
import lzma
from types import MappingProxyType

import numpy as np
import pytest

from noncoding.common.errors import InputError
from noncoding.data.genome.bed import on_genome, read_bed, warn_of_placement
from noncoding.data.genome.chromosomes import Genome

NARROW_PEAK = (
    b"browser position chr1:1-100\n"
    b'track type=narrowPeak name="a"\n'
    b"# a comment\n"
    b"\n"
    b"chr1\t10\t20\tpeak\t0\t.\t5.5\t-1\t-1\t3\r\n"
    b"chr2 0 1\n"
)


def rows(table):
    return list(zip(table["chromosome"], table["start"], table["end"], strict=True))


@pytest.mark.parametrize("wrap", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_bed_lines_and_their_numbers(wrap):
    table = read_bed(wrap(NARROW_PEAK), "a.bed")
    assert rows(table) == [("chr1", 10, 20), ("chr2", 0, 1)]
    assert table["line"].tolist() == [5, 6]


@pytest.mark.parametrize(
    ("line", "summit"),
    [
        (b"a\t10\t20\tp\t0\t.\t5.5\t-1\t-1\t3", 13),
        (b"a\t10\t20\ta peak\t0\t.\t5.5\t-1\t-1\t0", 10),
        (b"a 10 20 p 0 . 5.5 -1 -1 9", 19),
        (b"a\t10\t20\tp\t0\t.\t5.5\t-1\t-1\t-1", -1),
        (b"a\t10\t20\tp\t0\t.\t5.5\t-1\t-1\t10", -1),  # beyond the peak
        (b"a\t10\t20\tp\t0\t.\t5.5\t-1\t-1", -1),  # broadPeak
        (b"a\t10\t20\tp\t0\t.\t10\t20\t0\t1\t10,\t0,", -1),  # BED12: a count of blocks
        (b"a\t10\t20", -1),
    ],
)
def test_the_summit_is_column_10_of_narrowpeak(line, summit):
    table = read_bed(line + b"\n", "a.bed")
    assert table["summit"].tolist() == [summit]
    placed = on_genome(table, "a.bed", Genome("a.fa", {"a": 50}), {})
    assert placed.intervals["summit"].tolist() == [summit]


def test_a_file_of_comments_has_no_peaks():
    assert rows(read_bed(b"# nothing\n", "a.bed")) == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"chr1\t10", "chromosome, start and end"),
        (b"chr1\tten\t20", "chromosome, start and end"),
        (b"chr1\t1e+05\t2e+05", "chromosome, start and end"),
        (b"chr1\t+1\t20", "chromosome, start and end"),
        (b"chr1\t1\t10000000000000000000", "chromosome, start and end"),
        (b"chr1\tstart\tend", "chromosome, start and end"),
        (b"chr1\t1.5\t20", "chromosome, start and end"),
        (b"chr1\t1_0\t20", "chromosome, start and end"),
        (b"chr1\t20\t20", "an end greater than the start"),
        (b"chr1\t20\t10", "an end greater than the start"),
        (b"\xff\xfe\x00", "chromosome, start and end"),
    ],
)
def test_invalid_bed_lines_are_refused(line, expected):
    with pytest.raises(InputError) as error:
        read_bed(b"# comment\nchr1\t1\t2\n" + line + b"\n", "folder/a.bed")
    assert error.value.where == "folder/a.bed, line 3"
    assert error.value.expected.startswith(expected)
    assert error.value.found == repr(line.decode(errors="backslashreplace"))


def test_damaged_gzip_is_refused():
    with pytest.raises(InputError, match=r"a\.bed\.gz: found compressed data that end early"):
        read_bed(gzip.compress(NARROW_PEAK)[:-12], "a.bed.gz")


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfchr1\t3\t4\n",
        "chr1\t3\t4\r\n".encode("utf-16"),
        b"chrom\tchromStart\tchromEnd\nchr1\t3\t4\n",
        b"Chromosome\tStart_position\tEnd_position\nchr1\t3\t4\n",
        b'"chr"\t"start"\t"end"\n"chr1"\t3\t4\n',
    ],
)
def test_peaks_from_spreadsheets_and_r_are_read(content):
    assert rows(read_bed(content, "a.bed")) == [("chr1", 3, 4)]


def test_fractional_coordinates_are_refused_with_a_remedy():
    with pytest.raises(InputError, match=r"found 'chr1\\t1e\+05.*options\(scipen = 999\)"):
        read_bed(b"chr1\t1e+05\t100100\n", "a.bed")


def placed_of(text, lengths, chromosome_map=MappingProxyType({})):
    return on_genome(
        read_bed(text.encode(), "a.bed"), "a.bed", Genome("a.fa", lengths), chromosome_map
    )


def test_names_are_mapped_and_the_unknown_are_counted():
    text = "chr1\t1\t2\nII\t3\t9\nchrUn\t1\t2\nchrUn\t5\t7\n"
    placed = placed_of(text, {"I": 10, "II": 9}, {"chr1": "I"})
    assert rows(placed.intervals) == [("I", 1, 2), ("II", 3, 9)]
    assert placed.outside == {"chrUn": 2}
    assert placed.total == 4


def test_a_few_peaks_slightly_beyond_a_chromosome_end_are_clipped(caplog):
    line = "c\t{}\t{}\tp\t0\t.\t5.5\t-1\t-1\t{}\n"
    text = line.format(-1, 5, 3) + line.format(8, 12, 3) + line.format(2, 4, 1) + "c\t-9\t1010\n"
    placed = placed_of(text, {"c": 10})
    assert rows(placed.intervals) == [("c", 0, 5), ("c", 8, 10), ("c", 2, 4), ("c", 0, 10)]
    # The summit of the second peak, at 11, is beyond the chromosome.
    assert placed.intervals["summit"].tolist() == [2, -1, 3, -1]
    assert placed.clipped == 3
    warn_of_placement([placed, placed_of("c\t1\t2\n", {"c": 10})])
    assert (
        "3 intervals extend beyond an end of their chromosome and are clipped to it: a.bed: 3"
        in (caplog.text)
    )


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("c\t1\t10\n#\nc\t5\t1011\n", "line 3: found c:5-1011"),  # by more than 1000 bp
        ("c\t-1001\t5\n", "line 1: found c:-1001-5"),
        ("c\t10\t11\n", "line 1: found c:10-11"),  # no base of it is on the chromosome
        ("c\t-5\t0\n", "line 1: found c:-5-0"),
        ("c\t1\t2\n" + "c\t5\t11\n" * 11, "line 2: found c:5-11"),  # many
    ],
)
def test_peaks_far_beyond_a_chromosome_end_or_many_of_them_are_refused(text, place):
    with pytest.raises(InputError, match=place) as error:
        placed_of(text, {"c": 10})
    assert "the chromosome's 10 bp" in error.value.found
    assert "another assembly" in error.value.remedy
    assert "MACS" in error.value.remedy


def test_one_in_a_hundred_peaks_may_be_clipped():
    few = "c\t5\t11\n" * 20
    assert placed_of(few + "c\t1\t2\n" * 1980, {"c": 10}).clipped == 20
    with pytest.raises(InputError, match="20 of 1999 intervals"):
        placed_of(few + "c\t1\t2\n" * 1979, {"c": 10})


def test_intervals_on_unknown_chromosomes_give_a_warning(caplog):
    files = [placed_of(text, {"I": 10}) for text in ("I\t1\t2\n", "I\t1\t2\nchrUn\t1\t2\n")]
    with caplog.at_level(logging.WARNING):
        warn_of_placement(files[:1])
        assert not caplog.records
        warn_of_placement(files)
    assert "1 intervals are left out" in caplog.text
    assert "a.bed: 1 of 2 (on chrUn)" in caplog.text


def test_a_file_on_unknown_chromosomes_only_is_refused_with_a_map():
    with pytest.raises(InputError, match=r"on chr1, chrM only.*such as 1, MT\.") as error:
        placed_of("chr1\t1\t2\nchrM\t1\t2\n", {"1": 10, "MT": 10})
    proposed = "{'chr1': '1', 'chrM': 'MT'}"
    assert error.value.remedy == f"Set chromosome_map: {proposed}, or remove this key."
    for given in (None, {}):
        with pytest.raises(InputError, match=r"on NC_1 only.*another assembly.*{'NC_1': NAME"):
            placed_of("NC_1\t1\t2\n", {"1": 10}, given)


def test_names_are_matched_without_a_map():
    text = "chr1\t1\t2\nchr2\t3\t9\nchrUn\t1\t2\n"
    placed = placed_of(text, {"I": 10, "II": 9}, None)
    assert rows(placed.intervals) == [("I", 1, 2), ("II", 3, 9)]
    assert placed.matched == {"chr1": "I", "chr2": "II"}
    assert placed.outside == {"chrUn": 1}
    # An empty map is a map.
    with pytest.raises(InputError, match="none of them a chromosome"):
        placed_of(text, {"I": 10, "II": 9}, {})


CHROMOSOMES = ["chr1", "chr2", "chrUn_gl000220", "X", "chr17_ctg5_hap1", "é"]
UNUSUAL_NAMES = ["#x", "track", "Browser", '"chr1"', "", "a b", "\0a", "chr1\v", "\\xff", "n" * 300]
UNUSUAL_NUMBERS = [
    *("", "-", "+3", "1_0", "1e5", "1.5", " 4", "start", "²"),
    *("-5", "0", "007", "-0", "9" * 15, "9" * 16),
]
FOURTH = ["p", ".", "", "a peak", '"q"', "\xa0z"]


def random_line(random, columns, unusual):
    """A line of intervals of which a share is not plain."""
    start = int(random.integers(10 ** random.integers(1, 9)))
    fields = [
        str(random.choice(CHROMOSOMES)),
        str(start),
        str(start + int(random.integers(1, 500))),
        *(str(random.choice(FOURTH[:3])) for _ in range(columns - 3)),
    ]
    if columns == 10:
        fields[9] = str(random.integers(-2, 300))
    if random.random() < unusual:
        place = int(random.choice([0, 1, 2, columns - 1]))
        values = UNUSUAL_NAMES if place == 0 else [*UNUSUAL_NUMBERS, *FOURTH]
        fields[place] = str(random.choice(values))
    if random.random() < unusual / 4:
        fields = fields[: random.integers(1, columns + 1)]
    return random.choice(["\t", " "], p=[1 - unusual / 4, unusual / 4]).join(fields)


def outcome(content, **options):
    try:
        return read_bed(content, "a.bed", **options).to_dict("list")
    except InputError as error:
        return str(error)


@pytest.mark.parametrize("seed", range(4))
def test_plain_files_are_read_as_those_that_are_parsed_line_by_line(seed):
    random = np.random.default_rng(seed)
    comment = b"\n# a comment, with spaces\n"  # which is not plain
    outcomes = []
    for number in range(100):
        columns, unusual = random.choice([3, 4, 6, 9, 10, 12]), random.choice([0, 0.03, 0.3])
        lines = [random_line(random, columns, unusual) for _ in range(random.integers(1, 30))]
        if number % 10 == 0:
            lines.insert(0, "chrom\tstart\tend")
        text = random.choice(["\n", "\n", "\n", "\r\n", "\r"]).join(lines).encode()
        for names in (False, True):
            found = outcome(text, names=names)
            assert found == outcome(text + comment, names=names), text
            outcomes.append(type(found))
    assert min(outcomes.count(kind) for kind in (str, dict)) > 25


def test_an_unusual_line_within_a_long_file_changes_no_other():
    line = "chr{}\t{}\t{}\tp\t0\t.\t5.5\t-1\t-1\t3\n"
    lines = [line.format(number % 3, number, number + 9).encode() for number in range(40_000)]
    table = read_bed(b"".join([*lines[:30_000], b"# a comment\n", *lines[30_000:]]), "a.bed")
    start = np.arange(40_000)
    assert table["chromosome"].tolist() == [f"chr{number % 3}" for number in start]
    assert table["line"].tolist() == [*range(1, 30_001), *range(30_002, 40_002)]
    for column, expected in (("start", start), ("end", start + 9), ("summit", start + 3)):
        np.testing.assert_array_equal(table[column], expected)
    lines[35_000] = b"chr1\t1.5\t2\n"
    with pytest.raises(InputError, match="line 35001: found 'chr1"):
        read_bed(b"".join(lines), "a.bed")
