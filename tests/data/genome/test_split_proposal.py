"""Splits that are proposed where a data set has none."""

import fnmatch
import random
import re

import pandas as pd
import pytest
import yaml

from noncoding.data.genome.chromosomes import Genome, assign_splits, region_of
from noncoding.data.genome.split_proposal import missing_splits, proposed_splits, split_sizes
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
    for part, split in assign_splits(genome, chosen).items():
        region = region_of(part, genome.lengths)
        bases[split] += region.end - region.start
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
def test_of_few_chromosomes_both_ends_of_one_are_proposed(count):
    genome = Genome("a.fa", {f"c{number}": 1000 for number in range(count)})
    found = proposed_splits(genome)
    first = {3: 300, 4: 333}[count]  # at most a third of the chromosome
    assert found == {"valid": [f"c0:1-{first}"], "test": [f"c0:{1001 - first}-1000"]}


@pytest.mark.parametrize("count", [5, 6, 40])
def test_of_more_chromosomes_whole_ones_are_proposed(count):
    genome = Genome("a.fa", {f"c{number}": 1000 for number in range(count)})
    found = proposed_splits(genome)
    assert len(found["valid"]) == len(found["test"]) == max(1, count // 10)
    assert {*found["valid"], *found["test"]} <= set(genome.lengths)


def planted_peaks(numbers, lengths):
    """Peaks that are evenly spaced on chromosomes, as many as planted."""
    rows = [
        (name, (2 * number + 1) * lengths[name] // (2 * count))
        for name, count in numbers.items()
        for number in range(count)
    ]
    return pd.DataFrame(rows, columns=["chromosome", "position"])


def naive_share(names, lengths, peaks):
    """Share of the peaks that are on chromosomes or in regions, peak by peak."""
    inside = 0
    for chromosome, position in peaks.itertuples(index=False):
        for name in names:
            region = re.fullmatch(r"(.+):(\d+)-(\d+)", name)
            if name == chromosome or (
                region
                and region[1] == chromosome
                and int(region[2]) - 1 <= position < int(region[3])
            ):
                inside += 1
    return inside / len(peaks)


def test_chromosomes_without_peaks_are_not_proposed():
    # By the bases, any chromosome would do; only six have peaks.
    lengths = {f"c{number}": 1000 for number in range(10)}
    genome = Genome("a.fa", lengths)
    numbers = {"c1": 50, "c2": 10, "c4": 10, "c6": 10, "c8": 10, "c9": 10}
    found = proposed_splits(genome, planted_peaks(numbers, lengths))
    for split in ("valid", "test"):
        assert len(found[split]) == 1
        assert numbers.get(found[split][0]) == 10


def test_peaks_on_few_chromosomes_are_split_by_regions():
    genome = GENOMES["UCSC"]
    peaks = planted_peaks({"chr1": 500, "chr2": 300, "chr3": 200}, genome.lengths)
    found = proposed_splits(genome, peaks)
    for split in ("valid", "test"):
        assert found[split][0].startswith("chr1:")
        assert naive_share(found[split], genome.lengths, peaks) == pytest.approx(0.1, abs=0.002)


@pytest.mark.parametrize("seed", range(25))
def test_shares_of_peaks_are_within_a_factor_of_two_of_a_tenth(seed):
    draw = random.Random(seed)
    count = draw.randrange(1, 50)
    lengths = {f"c{number}": int(draw.lognormvariate(12, 1)) + 2000 for number in range(count)}
    numbers = {
        name: int(length / 5000 * draw.choice((0.3, 1, 1, 3))) + 1
        for name, length in lengths.items()
    }
    if sum(numbers.values()) < 60:
        numbers = {name: 30 * number for name, number in numbers.items()}
    peaks = planted_peaks(numbers, lengths)
    found = proposed_splits(Genome("a.fa", lengths), peaks)
    assert not {*found["valid"]} & {*found["test"]}
    for split in ("valid", "test"):
        assert 0.05 <= naive_share(found[split], lengths, peaks) <= 0.2
    # The configuration accepts them: no regions overlap, and bases are left for training.
    assert "train" in assign_splits(Genome("a.fa", lengths), Splits(**found)).values()


@pytest.mark.parametrize("name", GENOMES)
def test_sizes_of_splits_are_counted_base_by_base(name):
    lengths = GENOMES[name].lengths
    unit = max(1, max(lengths.values()) // 300)
    lengths = {chromosome: -(-length // unit) for chromosome, length in lengths.items()}
    genome = GENOMES[name]._replace(lengths=lengths)
    splits = proposed_splits(genome)
    parts = {
        split: {
            (region[0], position)
            for each in splits[split]
            for matching in fnmatch.filter(lengths, each) or [each]
            for region in [region_of(matching, lengths)]
            for position in range(region[1], region[2])
        }
        for split in ("valid", "test")
    }
    every = [(chromosome, place) for chromosome, n in lengths.items() for place in range(n)]
    every = every[:: max(1, len(every) // 5000)]
    peaks = pd.DataFrame(every, columns=["chromosome", "position"])
    bases, split_of = split_sizes(genome, Splits(**splits), peaks)
    left_out = genome.alternative | genome.organelles
    for base, found in zip(every, split_of, strict=True):
        expected = next((split for split, own in parts.items() if base in own), "train")
        assert found == ("" if base[0] in left_out else expected)
    assert dict(bases[["valid", "test"]]) == {split: len(own) for split, own in parts.items()}
    assert bases.sum() == sum(n for each, n in lengths.items() if each not in left_out)


def test_only_organelles():
    genome = Genome("a.fa", {"MT": 16000}, frozenset(), frozenset({"MT"}))
    assert proposed_splits(genome) == {"valid": ["MT:1-1600"], "test": ["MT:14401-16000"]}
