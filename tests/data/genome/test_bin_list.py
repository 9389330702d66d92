"""Lists of bins, in BED files and archives."""

import gzip
import io
import logging
import tarfile

import numpy as np
import pytest

from noncoding.common.errors import InputError
from noncoding.data.genome.bin_list import read_bins
from noncoding.data.genome.chromosomes import Genome

GENOME = Genome("a.fa", {"chr1": 1050, "chr2": 400})
BED = b"chr2\t200\t400\nchr1\t0\t600\nchr1\t800\t1000\n"
BINS = [("chr2", 1), ("chr1", 0), ("chr1", 1), ("chr1", 2), ("chr1", 4)]


def bins_of(table):
    return list(zip(table["chromosome"], table["bin"], strict=True))


def archive_of(files, mode="w:gz"):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode=mode) as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.bed", BED),
        ("a.bed.gz", gzip.compress(BED, mtime=0)),
        ("a.tar.gz", archive_of({"README": b"x", "._a.bed": b"x", "b/a.bed": BED})),
        ("a.tar", archive_of({"a.bed.gz": gzip.compress(BED, mtime=0)}, "w:")),
        ("download", archive_of({"a.bed": BED}, "w:xz")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bins_of_a_file_or_an_archive_are_in_its_order(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    table = read_bins(tmp_path / name, 200, GENOME, {})
    assert bins_of(table) == BINS
    assert table["bin"].dtype == np.int64
    assert list(table["chromosome"].cat.categories) == ["chr1", "chr2"]


def test_names_of_chromosomes_are_mapped_or_matched(tmp_path, caplog):
    path = tmp_path / "a.bed"
    path.write_bytes(BED.replace(b"chr", b""))
    with caplog.at_level(logging.INFO):
        assert bins_of(read_bins(path, 200, GENOME, None)) == BINS
    assert "2 → chr2, 1 → chr1" in caplog.text
    given = {"1": "chr1", "2": "chr2"}
    assert bins_of(read_bins(path, 200, GENOME, given)) == BINS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#\nchr1\t0\t100\n", r"line 2: found chr1:0-100; expected .* multiples of 200"),
        ("chr1\t0\t200\nchr1\t100\t400\n", r"line 2: found chr1:100-400"),
        ("chr1\t800\t1200\n", r"line 1: found chr1:800-1200; .*an end of 1000 at most"),
        ("chr2\t200\t400\nchr2\t200\t600\n", r"line 2: found chr2:200-600; .*an end of 400"),
        ("chr1\t-200\t200\n", "line 1: found chr1:-200-200"),
        ("chr1\t0\t200\nchr2\t0\t200\nchr1\t0\t200\n", r"line 3: .*chr1:0-200, which line 1 has"),
        ("chr1\t0\t600\nchr1\t400\t800\n", r"line 2: .*chr1:400-600, which line 1 has too"),
        ("chr1\t0\t200\nchrUn\t0\t200\n", r"line 2: found a bin on chrUn \(1 of 2"),
        ("chrUn\t0\t200\n", "found intervals on chrUn only"),
        ("chr1\tzero\t200\n", "line 1: found 'chr1"),
        ("# nothing\n", "found no bin"),
    ],
)
def test_lists_of_other_intervals_are_refused(tmp_path, text, message):
    path = tmp_path / "a.bed"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as error:
        read_bins(path, 200, GENOME, {})
    assert error.value.where.startswith(str(path))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "0 BED files, which is empty"),
        ({"a.txt": BED}, r"0 BED files: a\.txt"),
        ({"a.bed": BED, "b.bed": BED}, r"2 BED files: a\.bed, b\.bed"),
    ],
)
def test_archives_without_exactly_one_bed_file_are_refused(tmp_path, files, message):
    path = tmp_path / "a.tar.gz"
    path.write_bytes(archive_of(files))
    with pytest.raises(InputError, match=message):
        read_bins(path, 200, GENOME, {})


def test_a_line_of_an_archived_file_is_named(tmp_path):
    path = tmp_path / "a.tar.gz"
    path.write_bytes(archive_of({"a.bed": b"chr1\t0\t7\n"}))
    with pytest.raises(InputError, match=r"a\.tar\.gz, member 'a\.bed', line 1: found chr1:0-7"):
        read_bins(path, 200, GENOME, {})


def test_missing_and_damaged_files_are_refused(tmp_path):
    for name in ("none.bed", "none.tar.gz"):
        with pytest.raises(InputError, match="expected a BED file"):
            read_bins(tmp_path / name, 200, GENOME, {})
    for name, content in (
        ("a.bed.gz", gzip.compress(BED, mtime=0)),
        ("a.tar.gz", archive_of({"a": BED})),
    ):
        (tmp_path / name).write_bytes(content[:-12])
        with pytest.raises(InputError, match=r"early|cut short"):
            read_bins(tmp_path / name, 200, GENOME, {})
