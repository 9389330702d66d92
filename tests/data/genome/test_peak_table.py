"""Tables of peak files by path and URL, and files that hold no peaks."""

import gzip
import math
import re
from hashlib import sha256

import pytest
from workflows import ROOT

from noncoding.common.errors import InputError
from noncoding.data.genome.peak_table import read_peak_table, table_downloads
from noncoding.data.genome.peaks import peak_files, peak_paths, table_source
from noncoding.data.targets import read_targets
from noncoding.settings.downloads import names_of_downloads
from noncoding.settings.genome import PeakFolder, PeakTable

BED = b"chr1\t1\t2\n"
DIGEST = sha256(BED).hexdigest()
ENCODE = "https://www.encodeproject.org/files/ENCFF002CWL/@@download/ENCFF002CWL.bed.gz"


def written(folder, text):
    path = folder / "peaks.tsv"
    path.write_text(text)
    return path


def test_rows_by_path_and_url_give_files_and_downloads(tmp_path):
    (tmp_path / "a.bed").write_bytes(BED)
    table = written(
        tmp_path,
        "path\turl\tsha256\tcell_type\tassay\ttreatment\n"
        f"a.bed\t\t{DIGEST}\tK562\tCTCF\t\n"
        f"\t{ENCODE}\t{DIGEST.upper()}\tA549\tCTCF\tDex\n"
        f"\thttps://a.org/b.bed?download=1 https://b.org/c.bed\t\tA549\tDNase\t\n"
        f"\t{ENCODE}\t{DIGEST}\tA549\tagain\t\n",
    )
    rows = read_peak_table(table)
    assert [row.description["name"] for row in rows] == [
        *("K562 CTCF", "A549 CTCF Dex", "A549 DNase", "A549 again"),
    ]
    names = ["a.bed", "ENCFF002CWL.bed.gz", "b.bed", "ENCFF002CWL.bed.gz"]
    assert [row.description["peak_file"] for row in rows] == names
    assert table_downloads(rows, {}) == {
        "ENCFF002CWL.bed.gz": {"url": [ENCODE], "sha256": DIGEST},
        "b.bed": {
            "url": ["https://a.org/b.bed?download=1", "https://b.org/c.bed"],
            "sha256": None,
        },
    }
    # The file of each row, in the order of the rows.
    source, raw = PeakTable(table=str(table)), tmp_path / "raw"
    given = peak_paths(source, raw)
    assert given == [table, tmp_path / "a.bed", *(raw / name for name in names[1:])]
    raw.mkdir()
    for name in names[1:]:
        (raw / name).write_bytes(BED)
    assert [file.where for file in peak_files(source, given)] == list(map(str, given[1:]))
    assert table_source(source, given) == {
        "peaks_table_sha256": sha256(table.read_bytes()).hexdigest(),
        "peaks_servers": {"www.encodeproject.org": 2, "a.org": 1},
    }


def test_further_columns_describe_the_target(tmp_path):
    (tmp_path / "a.bed").write_bytes(BED)
    table = written(
        tmp_path,
        "index\tpath\tname\tdonors\tshare\tsex\tpeak_file\tgroup\n"
        "0\ta.bed\t007\t3\t0.5\tf\tfirst.bed\t1\n"
        "1\ta.bed\t1e5\t-4\t\t\tsecond.bed\t2\n",
    )
    source = PeakTable(table=str(table))
    first, second = (
        file.description for file in peak_files(source, [table, *[tmp_path / "a.bed"] * 2])
    )
    motif = dict.fromkeys(("cell_type", "assay", "treatment", "motif"), "")
    assert first == motif | {
        "index": 0,
        "name": "007",
        "donors": 3,
        "share": 0.5,
        "sex": "f",
        "peak_file": "first.bed",
        "group": "1",
    }
    assert (second["name"], second["donors"], second["sex"]) == ("1e5", -4, "")
    assert math.isnan(second["share"])


LONG = "h" * 63
REFUSED = {
    "neither": ("path\tname\n\tx\n", "line 2: found neither a path nor a URL"),
    "both": ("path\turl\tname\na.bed\thttps://a.org/a.bed\tx\n", "line 2: found both the path"),
    "a path as a URL": ("url\tname\na.bed\tx\n", "line 2: found the URL 'a.bed'.*column 'path'"),
    "a URL as a path": ("path\tname\nhttps://a.org/a.bed\tx\n", "line 2.*column 'url'"),
    "no column of files": ("name\nx\n", "a column 'path' or 'url'"),
    "no column of names": ("path\na.bed\n", "a column 'name', or else cell_type or assay"),
    "a short digest": (f"path\tname\tsha256\na.bed\tx\t{LONG}\n", "line 2: found the sha256 'hhh"),
    "other numbers": ("path\tname\tindex\na\tx\t0\nb\ty\t2\n", "line 3: found the index '2'"),
    "another URL of the name": (
        "url\tname\nhttps://a.org/a.bed\tx\n\nhttps://me:S3CRET@b.org/a.bed\ty\n",
        "line 4: found the file name 'a.bed', which is also that of .*line 2",
    ),
    "another digest of the file": (
        f"url\tname\tsha256\nhttps://a.org/a.bed\tx\t{DIGEST}\nhttps://a.org/a.bed\ty\t\n",
        "line 3: found the file name 'a.bed'.*line 2, with another URL or digest",
    ),
    "the name of the genome": (
        "url\tname\nhttps://a.org/hg19.fa.gz\tx\n",
        r"line 2: found the file name 'hg19\.fa\.gz', which is also that of the key 'fasta'",
    ),
    "a hidden file": ("url\tname\nhttps://a.org/.bed\tx\n", "line 2: found the file name '.bed'"),
    "braces": ("url\tname\nhttps://a.org/{a}.bed\tx\n", "line 2: found the file name '{a}.bed'"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_rows_that_cannot_be_used_are_refused(tmp_path, text, message):
    dataset = {"source": "genome", "fasta": {"url": "https://b.org/hg19.fa.gz"}, "peaks": {}}
    table = written(tmp_path, text)
    with pytest.raises(InputError, match=message) as caught:
        table_downloads(read_peak_table(table), names_of_downloads(dataset))
    assert "S3CRET" not in str(caught.value)


def test_a_local_file_is_compared_with_its_digest(tmp_path):
    (tmp_path / "a.bed").write_bytes(b"chr1\t1\t3\n")
    table = written(tmp_path, f"path\tname\tsha256\na.bed\tx\t{DIGEST}\n")
    with pytest.raises(InputError, match=f"line 2: found sha256 .*expected sha256 {DIGEST}"):
        list(peak_files(PeakTable(table=str(table))))


def test_a_table_with_urls_that_another_rule_makes_needs_a_second_run(tmp_path):
    table = written(tmp_path, f"url\tname\n{ENCODE}\tx\n")
    with pytest.raises(InputError, match=r"line 2: found a URL, whose file has not been fetched"):
        list(peak_files(PeakTable(table=str(table)), [table]))


def test_deepsea_targets_are_a_table_of_919_files():
    path = ROOT / "resources" / "deepsea_targets.tsv"
    rows = read_peak_table(path)
    downloads = table_downloads(rows, {})
    targets = read_targets(path, strip=True)
    assert len(rows) == len(downloads) == len(targets) == 919
    found = [row.description for row in rows]
    for column in ("name", "group", "cell_type", "peak_file"):
        assert [each[column] for each in found] == targets[column].tolist()
    counts = [each["test_positives"] for each in found]
    assert counts == targets["test_positives"].tolist()
    # UCSC's file of the table, compressed.
    assert [f"{each['peak_file']}.gz" for each in found] == list(downloads)
    assert "url" not in targets


MAGIC = {
    "bigWig": (b"\x26\xfc\x8f\x88", "quantitative values.*not supported.*Call peaks"),
    "big-endian bigWig": (b"\x88\x8f\xfc\x26", "a bigWig file"),
    "bigBed": (b"\xeb\xf2\x89\x87", "a bigBed file.*bigBedToBed"),
    "compressed bigWig": (gzip.compress(b"\x26\xfc\x8f\x88" + b"x" * 99), "a bigWig file"),
    "BAM": (gzip.compress(b"BAM\1" + b"x" * 99), "a BAM file.*quantitative.*Call peaks"),
    "CRAM": (b"CRAM\3\0", "a CRAM file"),
}


@pytest.mark.parametrize(("content", "message"), MAGIC.values(), ids=MAGIC)
def test_signals_and_reads_are_refused_in_place_of_peaks(tmp_path, content, message):
    (tmp_path / "a.bw").write_bytes(content)
    table = written(tmp_path, "path\tname\na.bw\tx\n")
    folder = PeakFolder(folder=str(tmp_path), pattern="*.bw")
    for source in (PeakTable(table=str(table)), folder):
        with pytest.raises(InputError, match=re.compile(rf"a\.bw: found .*{message}")):
            list(peak_files(source))
