"""Splits that are proposed where a data set has none."""

import re

import pytest
import yaml

from noncoding.data.genome.chromosomes import Genome
from noncoding.data.genome.split_proposal import missing_splits, proposed_splits
from noncoding.data.genome.splits import split_regions
from noncoding.settings.genome import Splits

# Lengths in Mb of hg38, and in kb of R64.
HUMAN = (248, 242, 198, 190, 181, 170, 159, 145, 138, 133, 135, 133)
HUMAN = (*HUMAN, 114, 107, 101, 90, 83, 80, 58, 64, 46, 50, 156, 57)
YEAST = (230, 813, 316, 1531, 576, 270, 1090, 562, 439, 745, 666, 1078, 924, 784, 1091, 948)
ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
ROMAN = (*ROMAN, "XIII", "XIV", "XV", "XVI")
GENOMES = {
    "UCSC": Genome(
        "a.fa",
        {
            f"chr{name}": 10**6 * mb
            for name, mb in zip([*range(1, 23), "X", "Y"], HUMAN, strict=True)
        }
        | {"chrM": 16569, "chr1_2_alt": 10**9},
        frozenset({"chr1_2_alt"}),
        frozenset({"chrM"}),
    ),
    "Ensembl": Genome(
        "a.fa",
        {str(name): 10**6 * mb for name, mb in zip([*range(1, 23), "X", "Y"], HUMAN, strict=True)},
    ),
    "yeast": Genome(
        "a.fa",
        {name: 1000 * kb for name, kb in zip(ROMAN, YEAST, strict=True)} | {"Mito": 85779},
        frozenset(),
        frozenset({"Mito"}),
    ),
    "contigs": Genome("a.fa", {f"AB01{n:06}.1": 1000 + n % 77 for n in range(3000)}),
    "one chromosome": Genome("a.fa", {"NC_000913.3": 4641652}),
    "chromosome and plasmid": Genome("a.fa", {"plasmid": 10**5, "chromosome": 10**6}),
}


@pytest.mark.parametrize("name", GENOMES)
def test_the_line_of_the_message_gives_two_splits_of_a_tenth_each(name):
    genome = GENOMES[name]
    message = str(missing_splits(genome))
    assert "(10 % of the bases for validation" in message or "(9 % of the b" in message, message
    # As a user copies it into a configuration.
    line = re.search(r"splits: \{.*\}$", message)[0]
    chosen = Splits(**yaml.safe_load(line)["splits"])
    bases = dict.fromkeys(("train", "valid", "test"), 0)
    for region in split_regions(genome, chosen).itertuples():
        bases[region.split] += region.end - region.start
    total = sum(bases.values())
    assert 0.08 < bases["valid"] / total < 0.12
    assert 0.08 < bases["test"] / total < 0.12
    assert total == sum(
        length
        for name, length in genome.lengths.items()
        if name not in genome.alternative | genome.organelles
    )


def test_sex_chromosomes_alternatives_and_organelles_are_not_proposed():
    human = proposed_splits(GENOMES["UCSC"])
    assert human["ignore"] == ["chrM"]
    assert not {"chrX", "chrY", "chr1_2_alt"} & {*human["valid"], *human["test"]}


@pytest.mark.parametrize("count", [3, 4])
def test_chromosomes_are_left_for_training(count):
    genome = Genome("a.fa", {f"c{number}": 1000 for number in range(count)})
    found = split_regions(genome, Splits(**proposed_splits(genome)))
    assert sorted(found["split"]) == sorted(["train"] * (count - 2) + ["test", "valid"])


def test_only_organelles():
    genome = Genome("a.fa", {"MT": 16000}, frozenset(), frozenset({"MT"}))
    assert proposed_splits(genome) == {"valid": ["MT:1-1600"], "test": ["MT:14401-16000"]}
