"""Reading FASTA, and the splits of its chromosomes."""

import gzip
import random

import pytest
from tiny_genome import GENOME

from noncoding.build.genome import assign_splits, chromosomes


def test_splits_of_chromosomes():
    lengths = dict.fromkeys(["a", "b", "c", "d"], 1)
    assert assign_splits({"train": None, "valid": ["c"]}, ["a"], lengths, "x") == {
        "b": "train",
        "c": "valid",
        "d": "train",
    }
    assert assign_splits({"train": ["d"], "valid": ["c"]}, ["a"], lengths, "x") == {
        "c": "valid",
        "d": "train",
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "at the start; expected '>'"),
        (b"I\tACGT\n", "at the start; expected '>'"),
        (b"@I\nACGT\n+\nIIII\n", "at the start; expected '>'"),
        (bytes(range(256)), "at the start; expected '>'"),
        (gzip.compress(b"hello", mtime=0), "at the start; expected '>'"),
        (b"\x1f\x8bno", "what cannot be read"),
        (b">I\nACGT\n>I\nAC\n", "the chromosome I twice"),
        (b">I\nACGTE\n", r"chromosome I, base 5: found the letter 'E'"),
        (b">I\nAC GT\n", r"chromosome I, base 3: found the letter ' '"),
    ],
)
def test_what_is_not_fasta_is_refused(inputs, content, message):
    inputs.fasta.write_bytes(content)
    inputs.refuses(message)


def test_a_genome_that_ends_early_is_refused(inputs):
    bases = "".join(random.Random(0).choices("ACGT", k=100_000))
    whole = gzip.compress(f">I\n{bases}\n".encode())
    inputs.fasta.write_bytes(whole[: len(whole) // 2])
    inputs.refuses("cannot be read")


def test_no_genome_or_a_folder(inputs):
    inputs.refuses(r"none\.fa: found no such file", fasta=inputs.folder / "none.fa")
    inputs.refuses("no such file", fasta=inputs.folder)


def test_chromosomes_come_one_at_a_time_with_their_first_word(inputs):
    assert list(chromosomes(inputs.fasta)) == [(n, s.encode()) for n, s in GENOME.items()]
