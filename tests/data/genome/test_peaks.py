"""Peak files in folders, archives and tables."""

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest

from noncoding.common.errors import InputError
from noncoding.data.fasta import records
from noncoding.data.genome.bed import read_bed
from noncoding.data.genome.peaks import peak_files, peak_paths
from noncoding.settings.genome import PeakArchive, PeakFolder, PeakTable


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
    return list(peak_files(source, [path]))


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
    assert gzip.decompress(files[0].content) == b"chr1\t3\t4\n"


OWN = {
    "Reb1.bed": b"",
    "K562_CTCF.v2.bed.gz": b"",
    "x_peaks.BED": b"",
    "y_summits.bed6": b"",
    ".hidden.bed": b"",
    "README.md": b"",
    "signal.bw": b"",
    "below/Abf1.bed": b"",
}


def test_peak_files_and_their_targets_are_recognised_by_name(tmp_path):
    write_folder(tmp_path / "a", OWN)
    folder = PeakFolder(folder=str(tmp_path / "a"))
    found = {file.description["name"]: file.description["group"] for file in peak_files(folder)}
    assert found == dict.fromkeys(["Reb1", "K562_CTCF.v2", "x", "y"], "targets")
    assert peak_paths(folder) == [Path(file.where) for file in peak_files(folder)]
    # Of an archive, files in all its folders.
    write_archive(tmp_path / "a.tar", {f"top/{name}": text for name, text in OWN.items()})
    archive = PeakArchive(archive={"url": "a.tar"})
    names = [file.description["name"] for file in peak_files(archive, [tmp_path / "a.tar"])]
    assert names == ["Reb1", "K562_CTCF.v2", "x", "y", "Abf1"]


@pytest.mark.parametrize("ending", ["narrowPeak", "broadPeak.gz", "gappedPeak.xz"])
def test_formats_of_macs_are_recognised(tmp_path, ending):
    write_folder(tmp_path, {f"a_peaks.{ending}": b"", "a_peaks.xls": b""})
    [file] = peak_files(PeakFolder(folder=str(tmp_path)))
    assert target(file, "name", "peak_file") == ("a", f"a_peaks.{ending}")


def test_peak_files_of_several_kinds_need_a_pattern(tmp_path):
    files = {"a_peaks.narrowPeak": b"", "a_summits.bed": b"", "b_peaks.narrowPeak.gz": b""}
    write_folder(tmp_path / "a", files)
    write_archive(tmp_path / "a.tar", files)
    message = r"2 kinds, such as .*a_summits\.bed.*'pattern' of the peaks, such as '\*_.*peaks"
    with pytest.raises(InputError, match=message):
        peak_paths(PeakFolder(folder=str(tmp_path / "a")))
    with pytest.raises(InputError, match=message):
        list(peak_files(PeakArchive(archive={"url": "a.tar"}), [tmp_path / "a.tar"]))
    one = PeakFolder(folder=str(tmp_path / "a"), pattern="*_peaks.narrowPeak*")
    assert [file.description["name"] for file in peak_files(one)] == ["a", "b"]


@pytest.mark.parametrize(
    ("files", "pattern", "message"),
    [
        ({}, None, "no peak file: it is empty; .*ends in .bed, .narrow.*Correct the path"),
        ({"a.bw": b"", "b.txt": b""}, None, r"no peak file, only a\.bw, b\.txt; .*'\*\.txt'"),
        ({"b/a.bed": b""}, None, r"no peak file, only b; .*'\*/\*\.bed'"),
        ({"a.bed": b""}, "*.bd", r"nothing like '\*\.bd', only a\.bed; .*or the key 'pattern'"),
        ({"a.txt": b""}, "*.txt", r"'a\.txt'; expected the target's name followed by \.bed.*'suf"),
    ],
)
def test_a_folder_without_peak_files_is_refused(tmp_path, files, pattern, message):
    write_folder(tmp_path, files)
    with pytest.raises(InputError, match=message):
        list(peak_files(PeakFolder(folder=str(tmp_path), pattern=pattern)))


def test_the_message_says_where_a_relative_path_starts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=f"starts at the working directory, {tmp_path}"):
        peak_paths(PeakFolder(folder="peaks"))
    write_folder(tmp_path, {"peaks": b""})
    with pytest.raises(InputError, match="peaks: found a file; expected a folder"):
        peak_paths(PeakFolder(folder="peaks"))


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
    assert target(second, "name", "group", "peak_file") == ("a one", "", "A_CX.bed.gz")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path\tgroup\nx.bed\tTF\n", "found the columns path, group; expected a column 'name'"),
        ("path\tname\nx.bed\tx\n", r"line 2: found the path '.*/x\.bed', where no file is"),
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
