"""FASTA files in all common forms."""

import bz2
import gzip
import lzma
import os
import random

import pytest

from noncoding.common.errors import InputError
from noncoding.data.fasta import records


def read(tmp_path, content):
    path = tmp_path / "some.fa"
    path.write_bytes(content)
    return list(records(path))


@pytest.mark.parametrize("wrap", [bytes, gzip.compress, bz2.compress, lzma.compress])
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
        (b">I", ("I", "", b"")),
        (b"\r\n>I d\rAC\rGT\r", ("I", "d", b"ACGT")),
        (b">I\nAC GT \t\nAC\n", ("I", "", b"ACGTAC")),
        (b">I Caf\xe9\nAC\n", ("I", "Caf\\xe9", b"AC")),
        (b">I a>b\nAC\n", ("I", "a>b", b"AC")),
    ],
)
def test_fasta_of_any_form_is_read(tmp_path, content, expected, wrap):
    assert read(tmp_path, wrap(content)) == [expected]


@pytest.mark.parametrize("block", [1, 2, 3, 5, 64])
def test_records_that_span_several_blocks(tmp_path, monkeypatch, block):
    monkeypatch.setattr("noncoding.data.fasta._BLOCK", block)
    content = b"\xef\xbb\xbf>I d\r\nAC\r\nGT\r\n>II\r\n>III\r\n\r\nTT"
    assert read(tmp_path, content) == [("I", "d", b"ACGT"), ("II", "", b""), ("III", "", b"TT")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no sequence"),
        (b"\n\n", "no sequence"),
        (b"I\tACGT\n", "at the start; expected '>'"),
        (b"@I\nACGT\n+\nIIII\n", "at the start; expected '>'"),
        (bytes(range(256)), "at the start; expected '>'"),
        (">I\nACGT\n".encode("utf-16"), "at the start; expected '>'"),
        (gzip.compress(b"hello", mtime=0), "at the start; expected '>'"),
        (b"\x1f\x8bno", "cannot be read"),
        (b";I\nACGT\n", "found ';' at the start"),
        (b">I\nACGT\n>\nACGT\n", "a header without a name"),
        (b">I\nACGT\n>", "a header without a name"),
        # Zeros, as after a system crash.
        (b">I\nACGT\nAC\0\0GT\nACGT\n", r"sequence I, base 7: found the letter '\\x00'"),
        (lzma.compress(b">I\nACGT\n")[:-9], "cannot be read"),
        (b">I\nACGTE\n", r"sequence I, base 5: found the letter 'E'"),
        (b">I\nAC-GT\n", r"sequence I, base 3: found the letter '-'"),
        (
            gzip.compress(b">I\n" + bytes(random.Random(0).choices(b"ACGT", k=10_000)))[:2000],
            "cannot be read",
        ),
    ],
)
def test_invalid_fasta_is_refused(tmp_path, content, message):
    with pytest.raises(InputError, match=message) as error:
        read(tmp_path, content)
    assert "some.fa" in error.value.where


def test_no_file_a_folder_or_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name, found in (("none.fa", "no such file"), (".", "a folder;"), ("pipe", "a pipe;")):
        with pytest.raises(InputError, match=found):
            list(records(tmp_path / name))
