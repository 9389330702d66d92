"""The chromosomes of a genome, alternatives among them, and their splits."""

import logging

import pytest
from tiny_genome import GENOME

from noncoding.common.errors import InputError
from noncoding.data.genome.chromosomes import Genome, assign_splits, read_genome, region_of
from noncoding.settings.genome import Splits


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
    genome = read_genome(inputs.fasta)
    assert (genome.fasta, genome.lengths) == (inputs.fasta, lengths)
    assert (genome.alternative, genome.organelles) == (frozenset(), {"Mito"})
    assert list(read_genome(inputs.fasta).lengths) == list(GENOME)


def test_a_duplicate_chromosome_is_refused(inputs):
    inputs.fasta.write_text(">I\nACGT\n>I\nAC\n")
    inputs.refuses("the chromosome I twice")


def test_a_misspelt_chromosome_of_many_gives_a_short_message():
    many = {f"chrUn_{number}": 1 for number in range(3000)} | {"chr3": 1, "chr30": 1}
    with pytest.raises(Exception, match=r"'Chr3', which .* one of chr3, chr30, ") as error:
        assign_splits(Genome("x.fa", many, frozenset()), splits(test=["Chr3"]))
    assert len(str(error.value)) < 300


def test_a_chromosome_of_another_naming_is_proposed():
    with pytest.raises(InputError, match=r"'chr2', which 'test'.* names them: 'II'\."):
        assign_splits(Genome("x.fa", {"I": 1, "II": 1}), splits(test=["chr2"]))


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


LONG = Genome("x", {"a": 100, "b": 50, "c": 20}, frozenset({"c"}))


def test_the_rest_of_a_chromosome_is_in_the_default_split():
    found = assign_splits(LONG, splits(None, valid=["a:21-40"], test=["b:1-10", "b:31-50"]))
    assert list(found.items()) == [
        ("a:1-20", "train"),
        ("a:21-40", "valid"),
        ("a:41-100", "train"),
        ("b:1-10", "test"),
        ("b:11-30", "train"),
        ("b:31-50", "test"),
    ]
    assert region_of("a:21-40", LONG.lengths) == ("a", 20, 40)
    assert region_of("a", LONG.lengths) == ("a", 0, 100)
    # What is named by its region only is not a split of the rest.
    assert set(assign_splits(LONG, splits(["b"], valid=["a:1-9"], test=["a:10-20"]))) == {
        "a:1-9",
        "a:10-20",
        "b",
    }


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (splits(None, ["a:1-50"], ["a:50-60"]), "a:1-50 and a:50-60, which overlap"),
        (splits(None, ["a:1-50"], ["a"]), "a:1-50 and a, which overlap"),
        (splits(None, ["a:1-50"], ["b"], ["a:40-60"]), "a:1-50 and a:40-60, which overlap"),
        (splits(None, ["a:1-101"], ["b"]), "'a:1-101'; expected a region within 1-100 on a"),
        (splits(None, ["a:0-10"], ["b"]), "'a:0-10'; expected a region within 1-100 on a"),
        (splits(None, ["a:10-9"], ["b"]), "'a:10-9'; expected a region within"),
        (splits(None, ["d:1-10"], ["b"]), "no chromosome 'd:1-10', which 'valid' asks for"),
        (splits(None, ["z*"], ["b"]), r"no chromosome 'z\*', which 'valid' asks for"),
        (splits(None, ["?"], ["[ab]*"]), r"no chromosome '\[ab\]\*'"),
        (splits(None, ["?"], ["b*"]), "b in both 'valid' and 'test'; .*Correct the patterns"),
    ],
)
def test_regions_and_patterns_that_cannot_be_used_are_refused(chosen, message):
    with pytest.raises(InputError, match=message):
        assign_splits(LONG, chosen)


def test_a_name_with_a_colon_is_that_of_a_chromosome_if_there_is_one():
    genome = Genome("x", {"HLA:1-5": 9, "b": 9})
    assert assign_splits(genome, splits(None, ["HLA:1-5"], ["b"])) == {
        "HLA:1-5": "valid",
        "b": "test",
    }


def test_patterns_match_all_but_alternatives_and_chromosomes_that_are_named():
    genome = Genome("x", dict.fromkeys(["c1", "c2", "c11", "c12", "c21"], 1), frozenset({"c21"}))
    assert assign_splits(genome, splits(None, valid=["*1"], test=["c11"])) == {
        "c1": "valid",
        "c2": "train",
        "c11": "test",
        "c12": "train",
    }
