"""Sequences by position, with and without an index."""

import gzip
import os

import pysam
import pytest
from toy_genome import random_genome, window, write_fasta

from noncoding.common.errors import InputError
from noncoding.data.genome import sequences
from noncoding.data.genome.chromosomes import read_genome
from noncoding.data.genome.sequences import Sequences

GENOME = random_genome(one=100, two=70, three=1)


@pytest.mark.parametrize("index", [False, True])
@pytest.mark.parametrize(
    ("start", "end"), [(0, 100), (3, 50), (-5, 4), (60, 130), (-9, 130), (-9, -2), (200, 210)]
)
def test_letters_of_an_interval(tmp_path, index, start, end):
    opened = Sequences(write_fasta(tmp_path / "g.fa", GENOME, index=index))
    assert opened.genome.lengths == {"one": 100, "two": 70, "three": 1}
    for name in ("two", "one", "three", "two"):
        assert opened.letters(name, start, end) == window(GENOME, name, start, end).encode()


@pytest.fixture
def read(monkeypatch):
    """Names of the chromosomes that were read."""
    names = []
    records = sequences.records

    def counted(fasta):
        for record in records(fasta):
            names.append(record.name)
            yield record

    monkeypatch.setattr(sequences, "records", counted)
    return names


def test_without_an_index_chromosomes_are_read_once(tmp_path, read):
    opened = Sequences(write_fasta(tmp_path / "g.fa", GENOME))
    for name in ("two", "one", "two", "one"):
        assert opened.letters(name, 0, 9) == window(GENOME, name, 0, 9).encode()
    assert read == ["one", "two"]


def test_in_the_order_of_the_file_one_chromosome_is_in_memory(tmp_path, read):
    opened = Sequences(write_fasta(tmp_path / "g.fa", GENOME))
    opened.expect(["one", "two", "two", "three"])
    for name in ("two", "three", "one"):  # also in another order
        assert opened.letters(name, 0, 9) == window(GENOME, name, 0, 9).encode()
    assert read == ["one", "two", "three", "one"]


def test_in_another_order_those_that_are_needed_are_in_memory(tmp_path, read):
    opened = Sequences(write_fasta(tmp_path / "g.fa", GENOME))
    opened.expect(["three", "one"])
    for name in ("three", "one", "three"):
        assert opened.letters(name, 0, 9) == window(GENOME, name, 0, 9).encode()
    assert read == ["one", "two", "three"]


def test_chromosomes_that_are_read_again_are_in_memory(tmp_path, read):
    opened = Sequences(write_fasta(tmp_path / "g.fa", GENOME))
    opened.expect(["one", "three"], once=False)
    for name in ("one", "three", "one"):
        assert opened.letters(name, 0, 9) == window(GENOME, name, 0, 9).encode()
    assert read == ["one", "two", "three"]


def test_an_index_that_is_older_than_the_file_is_not_used(tmp_path):
    path = write_fasta(tmp_path / "g.fa", {"one": "ACGT" * 9}, index=True)
    other = write_fasta(path, {"new": "TTTT", "one": "GGGG"})
    index = tmp_path / "g.fa.fai"
    times = other.stat().st_atime, other.stat().st_mtime - 10
    os.utime(index, times)
    assert Sequences(path).letters("one", 0, 4) == b"GGGG"


def test_a_file_that_does_not_match_its_index(tmp_path):
    path = write_fasta(tmp_path / "g.fa", {"one": "ACGT" * 20}, index=True)
    index = (tmp_path / "g.fa.fai").read_bytes()
    path.write_text(">one described\nAC\n>x\nGT\n")
    (tmp_path / "g.fa.fai").write_bytes(index)
    with pytest.raises(InputError, match=r"one:1-80: found other text.*samtools faidx"):
        Sequences(path).letters("one", 0, 80)


def test_a_file_that_changes_while_it_is_read(tmp_path):
    path = write_fasta(tmp_path / "g.fa", {"one": "ACGT", "two": "GGGG"})
    opened = Sequences(path)
    write_fasta(path, {"one": "ACGT"})
    with pytest.raises(InputError, match="no sequence two any more"):
        opened.letters("two", 0, 1)


def test_a_compressed_file_needs_no_index(tmp_path):
    plain = write_fasta(tmp_path / "g.fa", GENOME)
    (tmp_path / "g.fa.gz").write_bytes(gzip.compress(plain.read_bytes()))
    assert Sequences(tmp_path / "g.fa.gz").letters("two", 0, 70) == GENOME["two"].upper().encode()


HEADERS = [
    "NC_004353.4 Drosophila melanogaster chromosome 4",
    "NT_1 Drosophila melanogaster chromosome 4 unlocalized genomic scaffold",
    "empty",
    "chrM",
    "NC_001224.1 Saccharomyces cerevisiae S288c mitochondrion, complete genome",
    "21 dna:chromosome chromosome:GRCh38:21:1:46709983:1 REF",
]


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize(("width", "end"), [(60, "\n"), (7, "\r\n"), (100_000, "\n"), (50, "")])
def test_an_index_changes_nothing(tmp_path, compressed, width, end):
    """Lengths that are multiples of a line, or longer than a block of bgzip, and blank lines."""
    line = end or "\n"
    text = ""
    for number, header in enumerate(HEADERS):
        bases = "" if header == "empty" else "ACGTN"[: number + 1] * (70_000 + 350 * number)
        lines = [bases[i : i + width] for i in range(0, len(bases), width)]
        text += line.join([f">{header}", *lines]) + line
    path = tmp_path / "g.fa"
    path.write_bytes((text if end else text.removesuffix("\n")).encode())
    expected = read_genome(path)
    assert expected.lengths.pop("empty") == 0  # left out by samtools
    if compressed:
        pysam.tabix_compress(str(path), str(tmp_path / "g.fa.gz"))
        path = tmp_path / "g.fa.gz"
    pysam.faidx(str(path))
    found = Sequences(path)
    assert found.genome._replace(fasta=expected.fasta) == expected
    assert found.genome.described["NC_004353.4"] == "4"
    assert found.letters("21", 350_000, 350_012) == b"ACGTN" * 2 + b"AC"


def test_letters_that_are_not_dna_are_refused_with_an_index(tmp_path):
    path = write_fasta(tmp_path / "g.fa", {"one": "ACGTACGU"}, index=True)
    with pytest.raises(InputError, match="one:3-8, base 6: found the letter 'U'"):
        Sequences(path).letters("one", 2, 8)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (">one\nACGT\n>two\nACGT\n>one\nACGT\n", "text after the last sequence"),
        (">one\nACGT\n>one\nACGT\n>two\nACGT\n", "sequence two: found other text before it"),
    ],
)
def test_names_that_occur_twice_are_refused_with_an_index(tmp_path, text, where):
    path = tmp_path / "g.fa"
    path.write_text(text)
    pysam.faidx(str(path))  # ignores the second one
    with pytest.raises(InputError, match=rf"{where}.* with each name once"):
        Sequences(path)


@pytest.mark.parametrize("header", ["one, a longer description", "other"])
def test_a_header_that_has_changed_since_the_index_is_refused(tmp_path, header):
    path = write_fasta(tmp_path / "g.fa", {"one": "ACGT" * 20, "two": "A"}, index=True, width=80)
    index = (tmp_path / "g.fa.fai").read_bytes()
    path.write_text(f">{header}\n{'ACGT' * 20}\n>two\nA\n")
    (tmp_path / "g.fa.fai").write_bytes(index)
    with pytest.raises(InputError, match=r"other text before it than its header.*faidx"):
        Sequences(path)


def test_damaged_bgzip_is_refused(tmp_path):
    plain = write_fasta(tmp_path / "g.fa", random_genome(one=200_000, two=200_000))
    path = tmp_path / "g.fa.gz"
    pysam.tabix_compress(str(plain), str(path))
    pysam.faidx(str(path))
    content = bytearray(path.read_bytes())
    half = len(content) // 2
    content[half - 200 : half + 200] = bytes(400)
    path.write_bytes(content)
    for suffix in (".fai", ".gzi"):
        os.utime(f"{path}{suffix}")
    with pytest.raises(InputError, match=r"g\.fa\.gz: found data that cannot be read"):
        Sequences(path)
