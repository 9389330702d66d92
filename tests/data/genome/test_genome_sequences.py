"""Sequences by position, with and without an index."""

import gzip
import os

import pytest
from toy_genome import random_genome, window, write_fasta

from noncoding.common.errors import InputError
from noncoding.data.genome import sequences
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
    path.write_text(">one\nAC\n>x\nGT\n")
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
