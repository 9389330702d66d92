"""The chromosomes of a genome, alternatives among them, and their splits."""

import logging

import pytest
from tiny_genome import GENOME

from noncoding.data.genome.chromosomes import Genome, assign_splits, read_genome
from noncoding.settings.datasets import Splits


def splits(train=(), valid=(), test=(), ignore=()):
    chromosomes = None if train is None else list(train)
    return Splits(train=chromosomes, valid=list(valid), test=list(test), ignore=list(ignore))


FOUR = Genome("x", dict.fromkeys(["a", "b", "c", "d"], 1), frozenset())


@pytest.mark.parametrize(
    ("train", "expected"),
    [(None, {"b": "train", "c": "valid", "d": "train"}), (["d"], {"c": "valid", "d": "train"})],
)
def test_splits_of_chromosomes(train, expected):
    assert assign_splits(FOUR, splits(train, valid=["c"], ignore=["a"])) == expected


def test_lengths_are_in_the_order_of_the_file(inputs):
    lengths = {name: len(sequence) for name, sequence in GENOME.items()}
    assert read_genome(inputs.fasta) == Genome(inputs.fasta, lengths, frozenset())
    assert list(read_genome(inputs.fasta).lengths) == list(GENOME)


def test_a_duplicate_chromosome_is_refused(inputs):
    inputs.fasta.write_text(">I\nACGT\n>I\nAC\n")
    inputs.refuses("the chromosome I twice")


def test_a_misspelt_chromosome_of_many_gives_a_short_message():
    many = {f"chrUn_{number}": 1 for number in range(3000)} | {"chr3": 1, "chr30": 1}
    with pytest.raises(Exception, match=r"'Chr3', which .* one of chr3, chr30, ") as error:
        assign_splits(Genome("x.fa", many, frozenset()), splits(test=["Chr3"]))
    assert len(str(error.value)) < 300


def test_alternatives_of_chromosomes_are_not_in_the_default_split(tmp_path, caplog):
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
        found = assign_splits(genome, splits(None, test=["chr3"]))
    assert found == {"chr1": "train", "chr3": "test", "chrUn_1": "train"}
    assert "3 alternative, unlocalised or decoy sequences are in no split" in caplog.text
    # One that is named is included.
    named = assign_splits(genome, splits(None, test=["chr3", "chr3_K_alt"]))
    assert named["chr3_K_alt"] == "test"


def test_a_part_of_a_chromosome_of_another_split_gives_a_warning(caplog):
    genome = Genome("x", dict.fromkeys(["2", "3", "3_part", "3.1", "31"], 1), frozenset())
    assign_splits(genome, splits(None, test=["3"]))
    [record] = caplog.records
    assert "2 chromosomes are named after one of another split" in record.getMessage()
    assert "3_part ('train') and 3 ('test'); 3.1 ('train') and 3 ('test')" in record.getMessage()
    caplog.clear()
    assign_splits(genome, splits(None, test=["3", "3_part", "3.1"]))
    assign_splits(genome, splits(None, test=["2"], ignore=["3"]))
    assert not caplog.records
