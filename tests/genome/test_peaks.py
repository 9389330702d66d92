"""Reading peak files: BED, where they come from, and what is refused."""

import gzip
import io
import logging
import tarfile
from collections import Counter

import pytest

from noncoding.build.bed import on_genome, read_bed, report_outside
from noncoding.build.peaks import PeakArchive, PeakFolder, PeakTable, peak_files
from noncoding.errors import InputError

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


@pytest.mark.parametrize("wrap", [bytes, gzip.compress])
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
    placed, _ = on_genome(table, "a.bed", {"a": 50}, {})
    assert placed["summit"].tolist() == [summit]


def test_a_file_of_comments_has_no_peaks():
    assert rows(read_bed(b"# nothing\n", "a.bed")) == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"chr1\t10", "chromosome, start and end"),
        (b"chr1\tten\t20", "chromosome, start and end"),
        (b"chr1\t-1\t20", "chromosome, start and end"),
        (b"chr1\t1.5\t20", "chromosome, start and end"),
        (b"chr1\t1_0\t20", "chromosome, start and end"),
        (b"chr1\t20\t20", "an end greater than the start"),
        (b"chr1\t20\t10", "an end greater than the start"),
        (b"\xff\xfe\x00", "chromosome, start and end"),
    ],
)
def test_a_line_that_is_not_bed_is_named(line, expected):
    with pytest.raises(InputError) as error:
        read_bed(b"# comment\nchr1\t1\t2\n" + line + b"\n", "folder/a.bed")
    assert error.value.where == "folder/a.bed, line 3"
    assert error.value.expected.startswith(expected)
    assert error.value.found == repr(line.decode(errors="backslashreplace"))


def test_damaged_gzip_is_refused():
    with pytest.raises(InputError, match=r"a\.bed\.gz: found gzip that ends early"):
        read_bed(gzip.compress(NARROW_PEAK)[:-12], "a.bed.gz")


def test_names_are_mapped_and_the_unknown_are_counted():
    table = read_bed(b"chr1\t1\t2\nII\t3\t9\nchrUn\t1\t2\nchrUn\t5\t7\n", "a.bed")
    placed, outside = on_genome(table, "a.bed", {"I": 10, "II": 9}, {"chr1": "I"})
    assert rows(placed) == [("I", 1, 2), ("II", 3, 9)]
    assert outside == {"chrUn": 2}


def test_a_peak_beyond_the_end_of_its_chromosome_is_of_another_assembly():
    table = read_bed(b"chr1\t1\t10\n#\nchr1\t5\t11\n", "a.bed")
    with pytest.raises(InputError, match=r"a\.bed, line 3: found chr1:5-11; .* 10 bp.*assembly"):
        on_genome(table, "a.bed", {"I": 10}, {"chr1": "I"})


def test_intervals_outside_are_warned_of_or_refused(caplog):
    with caplog.at_level(logging.WARNING):
        report_outside("x", 3, Counter(), {"I": 10})
        assert not caplog.records
        report_outside("x", 3, Counter({"chrUn": 2}), {"I": 10})
    assert "2 intervals" in caplog.text
    assert "chrUn" in caplog.text
    with pytest.raises(InputError, match=r"chrUn.*names such as I\. Set chromosome_map"):
        report_outside("x", 0, Counter({"chrUn": 2}), {"I": 10})


def write_folder(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def write_archive(path, files, mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


FILES = {
    "top/peaks/B_CX.bed": b"chr1\t1\t2\n",
    "top/peaks/A_CX.bed.gz": gzip.compress(b"chr1\t3\t4\n"),
    "top/other/C_CX.bed": b"not to be read",
    "top/LICENSE": b"not to be read",
}


def test_a_folder_gives_the_files_of_its_pattern(tmp_path):
    write_folder(tmp_path, FILES)
    source = PeakFolder(tmp_path / "top", "peaks/*_CX.bed*", "_CX.bed", "TF")
    files = sorted(peak_files(source), key=lambda file: file.name)
    assert [(file.name, file.peak_file, file.group) for file in files] == [
        ("A", "peaks/A_CX.bed.gz", "TF"),
        ("B", "peaks/B_CX.bed", "TF"),
    ]
    assert files[0].where == str(tmp_path / "top/peaks/A_CX.bed.gz")
    assert rows(read_bed(files[0].content, "A")) == [("chr1", 3, 4)]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_an_archive_gives_the_same_without_unpacking(tmp_path, mode):
    archive = tmp_path / "a.tar"
    write_archive(archive, FILES, mode)
    source = PeakArchive(archive, "*/peaks/*_CX.bed*", "_CX.bed", "TF")
    files = list(peak_files(source))
    assert [(file.name, file.peak_file) for file in files] == [
        ("B", "top/peaks/B_CX.bed"),
        ("A", "top/peaks/A_CX.bed.gz"),
    ]
    assert files[0].where == f"{archive}:top/peaks/B_CX.bed"
    assert files[0].content == FILES["top/peaks/B_CX.bed"]
    assert list(tmp_path.iterdir()) == [archive]


def test_a_table_gives_its_rows_in_order(tmp_path):
    write_folder(tmp_path, FILES)
    table = tmp_path / "top" / "peaks.tsv"
    table.write_text(
        "path\tname\tgroup\tcell_type\n"
        "peaks/B_CX.bed\tb one\tTF\tK562\n"
        "../top/peaks/A_CX.bed.gz\ta one\t\t\n"
    )
    first, second = peak_files(PeakTable(table, group="other"))
    assert (first.name, first.group, first.cell_type, first.assay) == ("b one", "TF", "K562", "")
    assert (second.name, second.group, second.peak_file) == (
        "a one",
        "other",
        "../top/peaks/A_CX.bed.gz",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path\tgroup\nx.bed\tTF\n", "found the columns path, group; expected a column 'name'"),
        ("path\tname\nx.bed\tx\n", r"row 1: found the path 'x\.bed', where no file is"),
        ("path\tname\n", "found no peak file"),
        ("", "what cannot be read"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(tmp_path, text, message):
    table = tmp_path / "peaks.tsv"
    table.write_text(text)
    with pytest.raises(InputError, match=message):
        list(peak_files(PeakTable(table)))


def test_no_table(tmp_path):
    with pytest.raises(InputError, match=r"none\.tsv"):
        list(peak_files(PeakTable(tmp_path / "none.tsv")))


def test_a_pattern_that_matches_nothing_is_refused(tmp_path):
    write_archive(tmp_path / "a.tar.gz", FILES)
    for source in (
        PeakFolder(tmp_path, "*.narrowPeak", ".narrowPeak", "TF"),
        PeakArchive(tmp_path / "a.tar.gz", "*.narrowPeak", ".narrowPeak", "TF"),
    ):
        with pytest.raises(InputError, match=r"nothing like '\*\.narrowPeak'"):
            list(peak_files(source))


def test_a_name_without_the_suffix_is_refused(tmp_path):
    write_folder(tmp_path, {"A.bed": b""})
    with pytest.raises(InputError, match=r"the name 'A\.bed'.*followed by '_CX\.bed'"):
        list(peak_files(PeakFolder(tmp_path, "*", "_CX.bed", "TF")))


def test_an_archive_that_cannot_be_read_is_refused(tmp_path):
    whole, cut, text = (tmp_path / name for name in ("a.tar.gz", "cut.tar.gz", "text.tar"))
    write_archive(whole, FILES)
    cut.write_bytes(whole.read_bytes()[:-40])
    text.write_text("not an archive")
    for archive in (cut, text, tmp_path / "none.tar"):
        with pytest.raises(InputError, match="what cannot be read as an archive"):
            list(peak_files(PeakArchive(archive, "*_CX.bed", "_CX.bed", "TF")))
