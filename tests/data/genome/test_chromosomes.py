"""The chromosomes of a genome, which of them repeat others, and their splits."""

import logging

import pytest
from tiny_genome import GENOME

from noncoding.data.genome.chromosomes import Genome, assign_splits, read_genome

FOUR = Genome("x", dict.fromkeys(["a", "b", "c", "d"], 1), frozenset())


@pytest.mark.parametrize(
    ("train", "expected"),
    [(None, {"b": "train", "c": "valid", "d": "train"}), (["d"], {"c": "valid", "d": "train"})],
)
def test_splits_of_chromosomes(train, expected):
    assert assign_splits(FOUR, {"train": train, "valid": ["c"]}, ["a"]) == expected


def test_lengths_are_in_the_order_of_the_file(inputs):
    lengths = {name: len(sequence) for name, sequence in GENOME.items()}
    assert read_genome(inputs.fasta) == Genome(inputs.fasta, lengths, frozenset())
    assert list(read_genome(inputs.fasta).lengths) == list(GENOME)


def test_a_chromosome_that_stands_twice_is_refused(inputs):
    inputs.fasta.write_text(">I\nACGT\n>I\nAC\n")
    inputs.refuses("the chromosome I twice")


def test_a_misspelt_chromosome_of_many_is_told_in_few_words():
    many = {f"chrUn_{number}": 1 for number in range(3000)} | {"chr3": 1, "chr30": 1}
    with pytest.raises(Exception, match=r"'Chr3', which .* one of chr3, chr30, ") as error:
        assign_splits(Genome("x.fa", many, frozenset()), {"test": ["Chr3"]})
    assert len(str(error.value)) < 300


def test_copies_of_chromosomes_are_not_taken_with_the_rest(tmp_path, caplog):
    fasta = tmp_path / "genome.fa"
    names = [
        "chr1",
        "chr3",
        "chrUn_1",
        "chr3_K_alt",
        "chr1_2_random",
        "NT_1.1 x genomic patch of y",
    ]
    fasta.write_text("".join(f">{name}\nACGT\n" for name in names))
    genome = read_genome(fasta)
    assert genome.alternative == {"chr3_K_alt", "chr1_2_random", "NT_1.1"}
    with caplog.at_level(logging.INFO):
        splits = assign_splits(genome, {"train": None, "test": ["chr3"]})
    assert splits == {"chr1": "train", "chr3": "test", "chrUn_1": "train"}
    assert "3 alternative, unlocalised or decoy sequences are in no split" in caplog.text
    # Whoever names one has it.
    named = assign_splits(genome, {"train": None, "test": ["chr3", "chr3_K_alt"]})
    assert named["chr3_K_alt"] == "test"


def test_a_part_of_a_chromosome_of_another_split_is_warned_of(caplog):
    genome = Genome("x", dict.fromkeys(["2", "3", "3_part", "3.1", "31"], 1), frozenset())
    assign_splits(genome, {"train": None, "test": ["3"]})
    [record] = caplog.records
    assert "2 chromosomes are named after one of another split" in record.getMessage()
    assert "3_part ('train') and 3 ('test'); 3.1 ('train') and 3 ('test')" in record.getMessage()
    caplog.clear()
    assign_splits(genome, {"train": None, "test": ["3", "3_part", "3.1"]})
    assign_splits(genome, {"train": None, "test": ["2"]}, ["3"])
    assert not caplog.records
