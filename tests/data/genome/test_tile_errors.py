"""Errors of the stage ``tile``; none leaves a store."""

import gzip

import pytest
from tiny_genome import PEAKS

from noncoding.common.errors import InputError
from noncoding.settings.genome import PeakFolder, PeakTable


def test_excluded_regions_must_be_on_the_genome(inputs):
    exclude = inputs.folder / "exclude.bed"
    exclude.write_text("chr7\t10\t14\n")
    inputs.refuses(
        r"exclude\.bed: found intervals on chr7 only.*chromosome_map", exclude=str(exclude)
    )
    exclude.write_text("chr1\t10\t1400\n")
    inputs.refuses(r"exclude\.bed, line 1", exclude=str(exclude))
    inputs.refuses(r"none\.bed: found no such file", exclude=str(inputs.folder / "none.bed"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"splits": {"train": ["I"], "valid": ["chr2"], "test": ["III"]}},
            r"genome\.fa: found no chromosome 'chr2', which 'valid'.*one of I, II, III, Mito",
        ),
        ({"ignore": ["MT"]}, r"no chromosome 'MT', which 'ignore' asks for"),
        (
            {"splits": {"train": ["I", "II"], "valid": [], "test": ["III"]}},
            "'valid': found no chromosomes; expected at least one row",
        ),
        (
            {"chromosome_map": {}},
            r"found intervals on chr1, .* only.*such as I, II, III, Mito\. Set chromosome_map",
        ),
        ({"chromosome_map": {"chr1": "II"}}, r"A\.bed, line 3: found chr1:16-17.*16 bp"),
        ({"min_peaks": 6}, "4 peak files and in none of them 6 peaks"),
        ({"min_positives": 9}, r"no target with 9 positive bins of 4 bp \(A: 5 peaks, 2 positive"),
    ],
)
def test_settings_that_do_not_fit_the_files_are_refused(inputs, changes, message):
    inputs.refuses(message, **changes)


@pytest.mark.parametrize(
    ("peaks", "message"),
    [
        ("", "found no peaks on II; .*Assign chromosomes with peaks to this split"),
        (
            "chr2\t4\t6\n",
            r"found 2 peaks on II, and no positive bin \('peak: overlap': peaks cover more than 2 "
            r"of 4 bp\).*Set 'peak: summit'",
        ),
    ],
)
def test_a_split_without_positive_bins_is_refused(inputs, peaks, message):
    for name in ("A.bed", "B.bed"):
        lines = (inputs.peaks / name).read_text().splitlines(keepends=True)
        (inputs.peaks / name).write_text("".join(x for x in lines if "chr2" not in x) + peaks)
    inputs.refuses(f"'valid': {message}")


def test_a_bin_too_large_for_the_peaks_is_refused(inputs):
    for name in ("A.bed", "B.bed"):
        (inputs.peaks / name).write_text("chr1\t1\t4\nchr2\t1\t4\nchr3\t1\t4\n")
    inputs.refuses(
        r"peaks: found no target with 1 positive bins of 8 bp \(A: 3 peaks, 0 positive bins, 3 "
        r"peaks too short .*; B: .*expected .*cover more than 4 of 8 bp.*choose a smaller bin",
        bin=8,
    )


def test_a_split_without_usable_windows_is_refused(inputs):
    exclude = inputs.folder / "exclude.bed"
    exclude.write_text("chr2\t0\t16\n")
    inputs.refuses(
        r"'valid': found 1 positive bins on II, and no window of 8 bp .*\(0 extend beyond their "
        r"chromosome or region, 0 are too close to another split, 1 overlap an excluded region, ",
        exclude=str(exclude),
    )


def test_a_failed_run_keeps_earlier_stores(inputs):
    inputs.tile()
    before = {name: path.read_bytes() for name, path in inputs.stores.items()}
    with pytest.raises(InputError):
        inputs.tile(splits={"train": ["I"], "valid": ["Mito"], "test": ["III"]}, min_peaks=5)
    assert {name: path.read_bytes() for name, path in inputs.stores.items()} == before
    assert sorted(p.name for p in inputs.stores["train"].parent.iterdir()) == sorted(
        p.name for p in inputs.stores.values()
    )


def test_two_files_of_the_same_target_are_refused(inputs):
    (inputs.peaks / "A.bed.gz").write_bytes(gzip.compress(PEAKS["A.bed"].encode()))
    inputs.refuses(
        r"the target name 'A', which .*A\.bed",
        peaks=PeakFolder(folder=str(inputs.peaks), pattern="*.bed*", suffix=".bed", group="TF"),
    )


def test_an_invalid_line_is_reported_with_file_and_number(inputs):
    with (inputs.peaks / "B.bed").open("a") as handle:
        handle.write("chr1\t7\t5\n")
    inputs.refuses(r"B\.bed, line 6: found 'chr1\\t7\\t5'")


@pytest.mark.parametrize("name", ["", " ", '"a\nb"'])
def test_invalid_target_names_are_refused(inputs, name):
    table = inputs.folder / "peaks.tsv"
    table.write_text(f"path\tname\npeaks/A.bed\tA\npeaks/B.bed\t{name}\n")
    inputs.refuses(
        r"peaks\.tsv, line [34]: found the target name .*Name the target",
        peaks=PeakTable(table=str(table)),
    )


def test_a_duplicate_target_name_is_reported_with_both_lines(inputs):
    table = inputs.folder / "peaks.tsv"
    table.write_text("path\tname\npeaks/A.bed\tA\npeaks/B.bed\tA\n")
    inputs.refuses(
        r"line 3: found the target name 'A', which .*, line 2", peaks=PeakTable(table=str(table))
    )
