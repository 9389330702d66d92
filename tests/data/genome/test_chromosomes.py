"""The chromosomes of a genome, and parts of them."""

import pytest
from tiny_genome import GENOME

from noncoding.data.genome.chromosomes import read_genome, region_of


def test_lengths_are_in_the_order_of_the_file(inputs):
    lengths = {name: len(sequence) for name, sequence in GENOME.items()}
    genome = read_genome(inputs.fasta)
    assert (genome.fasta, genome.lengths) == (inputs.fasta, lengths)
    assert (genome.alternative, genome.organelles) == (frozenset(), {"Mito"})
    assert list(read_genome(inputs.fasta).lengths) == list(GENOME)


def test_a_duplicate_chromosome_is_refused(inputs):
    inputs.fasta.write_text(">I\nACGT\n>I\nAC\n")
    inputs.refuses("the chromosome I twice")


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("a", ("a", 0, 100)),
        ("a:21-40", ("a", 20, 40)),
        ("a:1-1,000", ("a", 0, 1000)),
        ("a:1-5", ("a", 0, 5)),
        ("HLA:1-5", ("HLA:1-5", 0, 9)),
        ("b:21-40", None),
        ("a:21", None),
    ],
)
def test_regions_count_from_1(name, region):
    assert region_of(name, {"a": 100, "HLA:1-5": 9}) == region
