"""Reading FASTA, as genomes and sequences to explain come."""

import gzip
import random

import pytest

from noncoding.errors import InputError
from noncoding.fasta import records


def read(tmp_path, content):
    path = tmp_path / "some.fa"
    path.write_bytes(content)
    return list(records(path))


@pytest.mark.parametrize("wrap", [bytes, gzip.compress])
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b">I\nAC\nGT\n", ("I", "", b"ACGT")),
        (b">I dna of x\nACGT\n", ("I", "dna of x", b"ACGT")),
        (b">I\tdna\r\nACG\r\nT\r\n", ("I", "dna", b"ACGT")),
        (b"> I dna\nACGT", ("I", "dna", b"ACGT")),
        (b"\xef\xbb\xbf>I\nacgtnRY\n", ("I", "", b"acgtnRY")),
        (b">I\n\nAC\n\nGT\n\n", ("I", "", b"ACGT")),
        (b">I\n", ("I", "", b"")),
    ],
)
def test_records_are_read_as_they_come(tmp_path, content, expected, wrap):
    assert read(tmp_path, wrap(content)) == [expected]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "at the start; expected '>'"),
        (b"I\tACGT\n", "at the start; expected '>'"),
        (b"@I\nACGT\n+\nIIII\n", "at the start; expected '>'"),
        (bytes(range(256)), "at the start; expected '>'"),
        (">I\nACGT\n".encode("utf-16"), "at the start; expected '>'"),
        (gzip.compress(b"hello", mtime=0), "at the start; expected '>'"),
        (b"\x1f\x8bno", "what cannot be read"),
        (b">I\nACGT\n>\nACGT\n", "a header without a name, after 1 sequences"),
        (b">I\nACGTE\n", r"sequence I, base 5: found the letter 'E'"),
        (b">I\nAC GT\n", r"sequence I, base 3: found the letter ' '"),
        (
            gzip.compress(b">I\n" + bytes(random.Random(0).choices(b"ACGT", k=10_000)))[:2000],
            "cannot be read",
        ),
    ],
)
def test_what_is_not_fasta_is_refused(tmp_path, content, message):
    with pytest.raises(InputError, match=message) as error:
        read(tmp_path, content)
    assert "some.fa" in error.value.where


def test_no_file_or_a_folder(tmp_path):
    for path in (tmp_path, tmp_path / "none.fa"):
        with pytest.raises(InputError, match="no such file"):
            list(records(path))
