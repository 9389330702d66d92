"""The windows that options ask for, and what is reported of regions."""

import gzip
import logging

import pytest
from toy_genome import random_genome, write_fasta

from noncoding.common.errors import InputError
from noncoding.data.genome.region_windows import region_windows
from noncoding.settings.apply import RegionOptions

GENOME = random_genome(chrI=110, chrII=70, chrIII=15, chrM=30)
LENGTH, BIN = 40, 20


@pytest.fixture
def planned(tmp_path):
    """Gives the bins of the windows of options; files are named by their text."""
    write_fasta(tmp_path / "g.fa", GENOME)

    def plan(**options):
        for name in ("bed", "exclude", "fasta"):
            if name in options:
                content = options[name]
                (tmp_path / name).write_bytes(
                    content if isinstance(content, bytes) else content.encode()
                )
                options[name] = str(tmp_path / name)
        if "fasta" not in options:
            options["genome"] = str(tmp_path / "g.fa")
        windows, _ = region_windows(RegionOptions(**options), LENGTH, BIN)
        return list(windows.table(slice(0, len(windows))).itertuples(index=False, name=None))

    return plan


@pytest.fixture
def logged(caplog):
    caplog.set_level(logging.INFO)
    return caplog


def test_regions_of_a_bed_file_keep_their_order_and_names(planned):
    text = "chrII\t10\t50\tb\t0\nchrI\t50\t61\t.\nchrI\t0\t10\ta name\n"
    expected = [
        ("chrII", 20, 40, "b"),
        ("chrI", 45, 65, "chrI:51-61"),
        ("chrI", 0, 15, "a name"),
    ]
    assert planned(bed=text) == expected
    assert planned(bed=gzip.compress(text.encode())) == expected


def test_regions_of_a_bed_file_are_tiled(planned, logged):
    text = "chrI\t39\t61\tlong\nchrII\t5\t9\tshort\nchrI\t105\t110\tend\nchrIII\t0\t15\tall\n"
    assert planned(bed=text, tile=True) == [
        *(("chrI", start, start + 20, "long") for start in (20, 40, 60)),
        ("chrII", 0, 20, "short"),
    ]
    assert "1 region is shorter than the bin of 20 bp" in logged.text
    assert "(the first: line 2: short)" in logged.text
    assert "2 regions are not tiled: no bin of 20 bp within the chromosome" in logged.text
    assert "(the first: line 3: end)" in logged.text


def test_summits(planned, logged):
    line = "chrI\t20\t60\tp\t0\t.\t5.5\t-1\t-1\t{}\n"
    assert planned(bed=line.format(31) + line.format(-1), summit=True) == [
        ("chrI", 41, 61, "p"),
        ("chrI", 30, 50, "p"),
    ]
    assert "1 region without a summit, the first in" in logged.text
    assert "bed, line 2: predicted at the centre" in logged.text
    with pytest.raises(InputError, match="bed, line 1: found no summit, as in all other lines"):
        planned(bed=line.format(-1) * 2, summit=True)


def test_names_of_chromosomes_are_matched_and_unknown_ones_are_reported(planned, logged):
    found = planned(bed="1\t0\t40\nchr2\t0\t40\nscaffold_7\t0\t40\nscaffold_7\t4\t40\nMT\t0\t9\n")
    assert [row[0] for row in found] == ["chrI", "chrII", "chrM"]
    assert "1 → chrI, chr2 → chrII, MT → chrM" in logged.text
    assert "2 intervals are left out" in logged.text
    assert "2 of 5 (on scaffold_7)" in logged.text
    assert "rename it in the file" in logged.text
    with pytest.raises(InputError, match=r"on scaffold_7 only.*rename it in the file\."):
        planned(bed="scaffold_7\t0\t40\n")


def test_named_regions(planned, logged):
    assert planned(regions=["chrII", "chrI:21-41", "M:1-1,5"]) == [
        *(("chrII", start, start + 20, "chrII:1-70") for start in (0, 20, 40)),
        *(("chrI", start, start + 20, "chrI:21-41") for start in (20, 40)),
        ("chrM", 0, 20, "chrM:1-15"),
    ]
    assert "M → chrM" in logged.text


def test_a_whole_genome_in_the_order_of_the_file(planned, logged):
    assert planned(whole_genome=True, stride=45) == [
        ("chrI", 0, 20, "chrI"),
        ("chrI", 45, 65, "chrI"),
        ("chrI", 90, 110, "chrI"),
        ("chrII", 0, 20, "chrII"),
        ("chrII", 45, 65, "chrII"),
        ("chrM", 0, 20, "chrM"),
    ]
    assert "1 region is not tiled" in logged.text
    assert "chrIII" in logged.text


def test_sequences_are_padded_or_tiled(planned, logged):
    text = f">long\n{'ACGT' * 20}\n>equal\n{'A' * 40}\n>short\nACGTA\n>one\nC\n"
    assert planned(fasta=text, stride=30) == [
        *(("long", start, start + 20, "long") for start in (0, 30, 60)),
        ("equal", 10, 30, "equal"),
        ("short", 0, 5, "short"),
        ("one", 0, 1, "one"),
    ]


def test_sequences_without_bases_are_refused(planned):
    with pytest.raises(InputError, match="no bases of none, nothing"):
        planned(fasta=">none\n>one\nACGT\n>nothing\n\n")


def test_windows_that_overlap_excluded_regions_are_left_out(planned, logged):
    # The window of the bin 40-60 is 30-70.
    found = planned(regions=["chrI"], exclude="1\t29\t30\n1\t70\t71\n")
    assert [row[1] for row in found] == [40]
    assert "4 windows left out" in logged.text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bed": ""}, "bed: found no region"),
        ({"bed": "# nothing\n"}, "bed: found no region"),
        ({"bed": "chrI\t1\t9\nchrI\t9\t9\n"}, "bed, line 2: .*an end greater than the start"),
        ({"bed": "chrI\t9\t1\n"}, "bed, line 1: .*an end greater than the start"),
        ({"bed": "chrI\t1\n"}, "bed, line 1: .*chromosome, start and end"),
        ({"bed": "chrI\t5000\t5010\n"}, "bed, line 1: found chrI:5000-5010, outside its"),
        ({"bed": gzip.compress(b"chrI\t1\t9\n")[:-9]}, "bed: found compressed data that"),
        ({"bed": "chrIII\t1\t9\n", "tile": True}, "bed: found 1 region and no window"),
        ({"bed": "chrI\t1\t9\n", "exclude": "chrI\t0\t9\n"}, "window outside the regions of"),
        ({"bed": "chrI\t1\t9\n", "exclude": "scaf\t0\t9\n"}, "exclude: found intervals on scaf"),
        ({"regions": ["chrIV"]}, r"regions: found 'chrIV'.*which has chrI"),
        ({"regions": ["chrI:0-9"]}, "regions: found 'chrI:0-9'; expected positions from 1 to 110"),
        ({"regions": ["chrI:9-111"]}, "positions from 1 to 110 on chrI"),
        ({"regions": ["chrI:9-8"]}, "the first not after the last"),
        ({"regions": ["chrI:9"]}, "'chrI:9'; expected a chromosome, or chromosome:first-last"),
        ({"regions": ["chrIII"]}, "found 1 region and no window"),
        ({"fasta": ""}, "fasta: found no sequence"),
        ({"fasta": ">one\nACGU\n"}, "fasta, sequence one, base 4: found the letter 'U'"),
        ({"fasta": ">one\nA\n>one\nA\n"}, "fasta: found the chromosome one twice"),
    ],
)  # fmt: skip
def test_invalid_regions_are_refused(planned, options, message):
    with pytest.raises(InputError, match=message):
        planned(**options)


def test_missing_files_are_refused(tmp_path):
    fasta = write_fasta(tmp_path / "g.fa", GENOME)
    for options in (
        {"genome": str(fasta), "bed": str(tmp_path / "x")},
        {"genome": str(tmp_path / "x"), "whole_genome": True},
        {"genome": str(fasta), "whole_genome": True, "exclude": str(tmp_path / "x")},
        {"fasta": str(tmp_path / "x")},
    ):
        with pytest.raises(InputError, match="x: found no such file"):
            region_windows(RegionOptions(**options), LENGTH, BIN)
