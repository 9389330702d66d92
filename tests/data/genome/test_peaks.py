"""Peak files: BED, folders, archives and tables of them, and errors."""

import bz2
import gzip
import io
import logging
import lzma
import os
import tarfile
from pathlib import Path

import pytest

from noncoding.common.errors import InputError
from noncoding.data.fasta import records
from noncoding.data.genome.bed import on_genome, read_bed, warn_of_placement
from noncoding.data.genome.peaks import peak_files, peak_paths
from noncoding.settings.datasets import PeakArchive, PeakFolder, PeakTable

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
    placed = on_genome(table, "a.bed", {"a": 50}, {})
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
        b'"chr"\t"start"\t"end"\n"chr1"\t3\t4\n',
    ],
)
def test_peaks_from_spreadsheets_and_r_are_read(content):
    assert rows(read_bed(content, "a.bed")) == [("chr1", 3, 4)]


def test_fractional_coordinates_are_refused_with_a_remedy():
    with pytest.raises(InputError, match=r"found 'chr1\\t1e\+05.*options\(scipen = 999\)"):
        read_bed(b"chr1\t1e+05\t100100\n", "a.bed")


def placed_of(text, lengths, chromosome_map=None):
    return on_genome(read_bed(text.encode(), "a.bed"), "a.bed", lengths, chromosome_map or {})


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
    assert error.value.remedy == "Set chromosome_map: {'chr1': '1', 'chrM': 'MT'}."
    with pytest.raises(InputError, match=r"on NC_1 only.*Set chromosome_map to say which"):
        placed_of("NC_1\t1\t2\n", {"1": 10})


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


def in_folder(folder, pattern, suffix=".bed"):
    return PeakFolder(folder=str(folder), pattern=pattern, suffix=suffix, group="TF")


def in_archive(path, pattern="*.bed", suffix=".bed"):
    """The peak files of an archive."""
    url = {"url": "a.tar"}
    source = PeakArchive(archive=url, pattern=pattern, suffix=suffix, group="TF")
    return list(peak_files(source, path))


def in_table(path):
    return PeakTable(table=str(path))


def target(file, *columns):
    return tuple(file.description[column] for column in columns)


FILES = {
    "top/peaks/B_CX.bed": b"chr1\t1\t2\n",
    "top/peaks/A_CX.bed.gz": gzip.compress(b"chr1\t3\t4\n"),
    "top/other/C_CX.bed": b"not to be read",
    "top/LICENSE": b"not to be read",
    # macOS stores attributes of a file like this.
    "top/peaks/._B_CX.bed": b"\0\5\x16\7 not to be read",
    "__MACOSX/top/peaks/C_CX.bed": b"not to be read",
}


def test_a_folder_gives_the_files_of_its_pattern(tmp_path):
    write_folder(tmp_path, FILES)
    source = in_folder(tmp_path / "top", "peaks/*_CX.bed*", "_CX.bed")
    files = list(peak_files(source))
    assert [target(file, "name", "peak_file", "group") for file in files] == [
        ("A", "peaks/A_CX.bed.gz", "TF"),
        ("B", "peaks/B_CX.bed", "TF"),
    ]
    assert files[0].where == str(tmp_path / "top/peaks/A_CX.bed.gz")
    assert rows(read_bed(files[0].content, "A")) == [("chr1", 3, 4)]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_an_archive_gives_the_same_without_unpacking(tmp_path, mode):
    archive = tmp_path / "a.tar"
    write_archive(archive, FILES, mode)
    files = in_archive(archive, "*/peaks/*_CX.bed*", "_CX.bed")
    assert [target(file, "name", "peak_file") for file in files] == [
        ("B", "top/peaks/B_CX.bed"),
        ("A", "top/peaks/A_CX.bed.gz"),
    ]
    assert files[0].where == f"{archive}:top/peaks/B_CX.bed"
    assert files[0].content == FILES["top/peaks/B_CX.bed"]
    assert list(tmp_path.iterdir()) == [archive]


def test_an_archive_with_an_overlong_header_is_refused(tmp_path):
    archive = tmp_path / "a.tar.gz"
    with tarfile.open(archive, "w:gz", format=tarfile.GNU_FORMAT) as file:
        file.addfile(tarfile.TarInfo("x" * (2 << 20)))
    with pytest.raises(InputError, match="a header of more than 1,048,576 bytes"):
        in_archive(archive)


def test_a_damaged_header_is_not_the_end_of_an_archive(tmp_path):
    archive = tmp_path / "a.tar"
    write_archive(archive, dict.fromkeys(("a.bed", "b.bed", "c.bed"), b"chr1\t1\t2\n"), "w")
    whole = archive.read_bytes()
    assert len(in_archive(archive)) == 3
    # Each member takes 1024 bytes: its header, and its content padded to a block.
    for damaged in (whole[:1030] + b"x" + whole[1031:], whole[:1300], whole[:2058]):
        archive.write_bytes(damaged)
        with pytest.raises(InputError, match="damaged, cut short or not a tar archive"):
            in_archive(archive)


@pytest.mark.parametrize("kind", [tarfile.LNKTYPE, tarfile.SYMTYPE])
def test_a_link_in_an_archive_is_refused(tmp_path, kind):
    with tarfile.open(tmp_path / "a.tar", "w") as file:
        folder = tarfile.TarInfo("folder.bed")
        folder.type = tarfile.DIRTYPE
        link = tarfile.TarInfo("b.bed")
        link.type, link.linkname = kind, "a.bed"
        file.addfile(folder)
        file.addfile(link)
    with pytest.raises(InputError, match=r"member 'b\.bed': found a link .*--hard-dereference"):
        in_archive(tmp_path / "a.tar")


def test_an_oversized_peak_file_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("noncoding.data.archive.MOST_BYTES", 1 << 20)
    write_archive(tmp_path / "a.tar.gz", {"a.bed": b"#" * (1 << 21)})
    with pytest.raises(InputError, match="found 2,097,152 bytes; expected a text of at most 1 MiB"):
        in_archive(tmp_path / "a.tar.gz")


@pytest.mark.parametrize(("start", "kind"), [(b"PK\3\4", "zip"), (b"\x28\xb5\x2f\xfd", "zstd")])
def test_unsupported_compression_is_refused(tmp_path, start, kind):
    path = tmp_path / "a"
    path.write_bytes(start + b"x" * 1000)
    with pytest.raises(InputError, match=f"compressed with {kind}"):
        in_archive(path)
    with pytest.raises(InputError, match=f"compressed with {kind}"):
        list(records(path))
    with pytest.raises(InputError, match=f"compressed with {kind}"):
        read_bed(path.read_bytes(), path)


def test_a_table_gives_its_rows_in_order(tmp_path):
    write_folder(tmp_path, FILES)
    table = tmp_path / "top" / "peaks.tsv"
    table.write_text(
        "path\tname\tgroup\tcell_type\n"
        "peaks/B_CX.bed\tb one\tTF\tK562\n"
        "../top/peaks/A_CX.bed.gz\ta one\t\t\n"
    )
    first, second = peak_files(in_table(table))
    assert target(first, "name", "group", "cell_type", "assay") == ("b one", "TF", "K562", "")
    path = "../top/peaks/A_CX.bed.gz"
    assert target(second, "name", "group", "peak_file") == ("a one", "", path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path\tgroup\nx.bed\tTF\n", "found the columns path, group; expected a column 'name'"),
        ("path\tname\nx.bed\tx\n", r"line 2: found the path 'x\.bed', where no file is"),
        ("path\tname\n", "found no peak file"),
        ("", "found an empty file"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(tmp_path, text, message):
    table = tmp_path / "peaks.tsv"
    table.write_text(text)
    with pytest.raises(InputError, match=message):
        list(peak_files(in_table(table)))


def test_listed_paths_are_those_that_are_read(tmp_path):
    write_folder(tmp_path, FILES)
    top = tmp_path / "top"
    folder = in_folder(top, "peaks/*_CX.bed*", "_CX.bed")
    assert peak_paths(folder) == [Path(file.where) for file in peak_files(folder)]
    # As Excel writes it: UTF-16, with carriage returns.
    table = top / "peaks.tsv"
    table.write_bytes("name\tpath\r\nA\tpeaks/A_CX.bed.gz\r\n\r\n".encode("utf-16"))
    assert peak_paths(in_table(table)) == [table, top / "peaks" / "A_CX.bed.gz"]
    assert [target(file, "name") for file in peak_files(in_table(table))] == [("A",)]


def test_no_table(tmp_path):
    with pytest.raises(InputError, match=r"none\.tsv"):
        list(peak_files(in_table(tmp_path / "none.tsv")))


def test_a_folder_that_cannot_be_read_is_refused(tmp_path):
    def refused(match, folder=tmp_path, pattern="*.bed"):
        with pytest.raises(InputError, match=match):
            peak_paths(in_folder(folder, pattern))

    refused("none: found no such folder", tmp_path / "none")
    refused(r"the pattern 'a\*\*b'", pattern="a**b")
    (tmp_path / "a.bed").symlink_to("gone.bed")
    refused(r"a\.bed: found a link that leads nowhere")
    (tmp_path / "a.bed").unlink()
    Path(os.fsdecode(bytes(tmp_path) + b"/caf\xe9.bed")).touch()
    refused(r"caf\\xe9\.bed: found a name that is not UTF-8")


def test_a_pattern_that_matches_nothing_is_refused(tmp_path):
    write_archive(tmp_path / "a.tar.gz", FILES)
    message = r"nothing like '\*\.narrowPeak'"
    with pytest.raises(InputError, match=message):
        in_archive(tmp_path / "a.tar.gz", "*.narrowPeak")
    with pytest.raises(InputError, match=message):
        list(peak_files(in_folder(tmp_path, "*.narrowPeak")))


def test_a_name_without_the_suffix_is_refused(tmp_path):
    write_folder(tmp_path, {"A.bed": b""})
    with pytest.raises(InputError, match=r"the name 'A\.bed'.*followed by '_CX\.bed'"):
        list(peak_files(in_folder(tmp_path, "*", "_CX.bed")))


def test_an_archive_that_cannot_be_read_is_refused(tmp_path):
    whole, cut, text = (tmp_path / name for name in ("a.tar.gz", "cut.tar.gz", "text.tar"))
    write_archive(whole, FILES)
    cut.write_bytes(whole.read_bytes()[:-40])
    text.write_text("not an archive")
    for archive in (cut, text, tmp_path / "none.tar"):
        with pytest.raises(InputError, match=r"cannot be opened|cut short or not a tar archive"):
            in_archive(archive, "*_CX.bed", "_CX.bed")
