"""Regions of the splits, and the split of a window."""

import logging
from itertools import combinations, pairwise

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from noncoding.common.errors import InputError
from noncoding.data.genome.chromosomes import Genome, read_genome
from noncoding.data.genome.splits import GUARDED, OUTSIDE, split_regions, windows_split
from noncoding.layout import SPLITS
from noncoding.settings.genome import Splits


def splits(train=(), valid=(), test=(), ignore=()):
    chromosomes = None if train is None else list(train)
    return Splits(train=chromosomes, valid=list(valid), test=list(test), ignore=list(ignore))


def rows(regions):
    return list(regions.itertuples(index=False, name=None))


def split_of(genome, chosen):
    """Chromosome → split, where whole chromosomes are in splits."""
    regions = split_regions(genome, chosen)
    assert [(start, end) for _, start, end, _ in rows(regions)] == [
        (0, genome.lengths[name]) for name in regions["chromosome"]
    ]
    return dict(zip(regions["chromosome"], regions["split"], strict=True))


FOUR = Genome("x", dict.fromkeys(["a", "b", "c", "d"], 1), frozenset())


@pytest.mark.parametrize(
    ("train", "expected"),
    [(None, {"b": "train", "c": "valid", "d": "train"}), (["d"], {"c": "valid", "d": "train"})],
)
def test_splits_of_chromosomes(train, expected):
    assert split_of(FOUR, splits(train, valid=["c"], ignore=["a"])) == expected


def test_numbers_of_rows_leave_all_other_chromosomes_to_training():
    chosen = Splits(train={"rows": 5}, valid={"rows": 2}, test=["c"], ignore=["a"])
    assert split_of(FOUR, chosen) == {"b": "train", "c": "test", "d": "train"}


def test_a_misspelt_chromosome_of_many_gives_a_short_message():
    many = {f"chrUn_{number}": 1 for number in range(3000)} | {"chr3": 1, "chr30": 1}
    with pytest.raises(Exception, match=r"'Chr3', which .* one of chr3, chr30, ") as error:
        split_regions(Genome("x.fa", many, frozenset()), splits(test=["Chr3"]))
    assert len(str(error.value)) < 300


def test_a_chromosome_of_another_naming_is_proposed():
    with pytest.raises(InputError, match=r"'chr2', which 'test'.* names them: 'II'\."):
        split_regions(Genome("x.fa", {"I": 1, "II": 1}), splits(test=["chr2"]))


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
        found = split_of(genome, splits(None, test=["chr3"]))
    assert found == {"chr1": "train", "chr3": "test", "chrUn_1": "train"}
    assert "3 alternative, unlocalised or decoy sequences are in no split" in caplog.text
    # One that is named is included.
    named = split_of(genome, splits(None, test=["chr3", "chr3_K_alt"]))
    assert named["chr3_K_alt"] == "test"


def test_a_part_of_a_chromosome_of_another_split_gives_a_warning(caplog):
    genome = Genome("x", dict.fromkeys(["2", "3", "3_part", "3.1", "31"], 1), frozenset())
    split_regions(genome, splits(None, test=["3"]))
    [record] = caplog.records
    assert "2 chromosomes are named after one of another split" in record.getMessage()
    assert "3_part ('train') and 3 ('test'); 3.1 ('train') and 3 ('test')" in record.getMessage()
    caplog.clear()
    split_regions(genome, splits(None, test=["3", "3_part", "3.1"]))
    split_regions(genome, splits(None, test=["2"], ignore=["3"]))
    assert not caplog.records


LONG = Genome("x", {"a": 100, "b": 50, "c": 20}, frozenset({"c"}))


def test_the_rest_of_a_chromosome_is_in_the_default_split():
    found = split_regions(LONG, splits(None, valid=["a:21-40"], test=["b:1-10", "b:31-50"]))
    assert rows(found) == [
        ("a", 0, 20, "train"),
        ("a", 20, 40, "valid"),
        ("a", 40, 100, "train"),
        ("b", 0, 10, "test"),
        ("b", 10, 30, "train"),
        ("b", 30, 50, "test"),
    ]
    assert list(found["chromosome"].cat.categories) == ["a", "b", "c"]
    assert found[["start", "end"]].dtypes.eq("int64").all()
    # What is named by its region only is not a split of the rest.
    named = split_regions(LONG, splits(["b"], valid=["a:1-9"], test=["a:10-20"]))
    assert rows(named) == [("a", 0, 9, "valid"), ("a", 9, 20, "test"), ("b", 0, 50, "train")]


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        (splits(None, ["a:1-50"], ["a:50-60"]), "a:1-50 and a:50-60, which overlap"),
        (splits(None, ["a:1-50", "a:50-60"], ["b"]), "a:1-50 and a:50-60, which overlap"),
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
        split_regions(LONG, chosen)


def test_a_name_with_a_colon_is_that_of_a_chromosome_if_there_is_one():
    genome = Genome("x", {"HLA:1-5": 9, "b": 9})
    assert split_of(genome, splits(None, ["HLA:1-5"], ["b"])) == {"HLA:1-5": "valid", "b": "test"}


def test_patterns_match_all_but_alternatives_and_chromosomes_that_are_named():
    genome = Genome("x", dict.fromkeys(["c1", "c2", "c11", "c12", "c21"], 1), frozenset({"c21"}))
    assert split_of(genome, splits(None, valid=["*1"], test=["c11"])) == {
        "c1": "valid",
        "c2": "train",
        "c11": "test",
        "c12": "train",
    }


def bed(folder, name, lines):
    path = folder / name
    path.write_text("".join(f"{chromosome}\t{start}\t{end}\n" for chromosome, start, end in lines))
    return {"bed": str(path)}


def test_regions_of_bed_files_are_merged_and_the_rest_is_for_training(tmp_path):
    valid = bed(tmp_path, "v.bed", [("b", 20, 30), ("a", 90, 100), ("b", 18, 25), ("b", 10, 18)])
    found = split_regions(LONG, Splits(valid=valid, test=["a:1-40"], ignore=["b:41-50"]))
    assert rows(found) == [
        ("a", 0, 40, "test"),
        ("a", 40, 90, "train"),
        ("a", 90, 100, "valid"),
        ("b", 0, 10, "train"),
        ("b", 10, 30, "valid"),
        ("b", 30, 40, "train"),
    ]
    chosen = Splits(train=["b:1-10"], valid=valid, test=["c"])
    assert [row for row in rows(split_regions(LONG, chosen)) if row[3] != "valid"] == [
        ("b", 0, 10, "train"),
        ("c", 0, 20, "test"),
    ]


@pytest.mark.parametrize(
    ("names", "chromosome_map"),
    [(("chr1", "chr2"), None), (("I", "II"), None), (("one", "two"), {"one": "I", "two": "II"})],
)
def test_chromosomes_of_bed_files_are_matched(names, chromosome_map, tmp_path, caplog):
    genome = Genome("x", {"I": 9, "II": 9})
    first, second = names
    test = bed(tmp_path, "t.bed", [(first, 0, 5), ("scaffold_9", 0, 5)])
    chosen = Splits(train=[], valid=bed(tmp_path, "v.bed", [(second, 1, 9)]), test=test)
    with caplog.at_level(logging.INFO):
        found = split_regions(genome, chosen, chromosome_map)
    assert rows(found) == [("I", 0, 5, "test"), ("II", 1, 9, "valid")]
    assert ("t.bed were matched with those of the FASTA file: chr1 → I" in caplog.text) == (
        first == "chr1"
    )
    assert "1 intervals are left out" in caplog.text


@pytest.mark.parametrize(
    ("valid", "test", "message"),
    [
        (
            [("b", 40, 45), ("a", 0, 30), ("a", 20, 50)],
            [("b", 0, 5), ("a", 45, 60)],
            r"v\.bed, line 3: found a:20-50 of 'valid' \(\S*v\.bed, line 3\) and a:45-60 of 'test' "
            r"\(\S*t\.bed, line 2\), which overlap",
        ),
        (
            [("a", 9, 50)],
            ["a:1-10"],
            r"v\.bed, line 1: found a:1-10 of 'test' \(named in splits\) and a:9-50 of 'valid'",
        ),
        ([("a", 0, 9)], ["a*"], r"found a:0-9 of 'valid' .* and a of 'test' \(named in splits\)"),
        ([("x", 0, 9)], ["b"], "v.bed: found intervals on x only, none of them a chromosome"),
        ([("a", 0, 9000)], ["b"], "found a:0-9000, which extends 8900 bp beyond its chromosome of"),
        ([("a", 9, 9)], ["b"], "v.bed, line 1: .* expected an end greater than the start"),
        ([], ["b"], "v.bed: found no region; expected a BED file with the regions of 'valid'"),
    ],
)
def test_bed_files_that_cannot_be_used_are_refused(valid, test, message, tmp_path):
    if not isinstance(test[0], str):
        test = bed(tmp_path, "t.bed", test)
    with pytest.raises(InputError, match=message):
        split_regions(LONG, Splits(valid=bed(tmp_path, "v.bed", valid), test=test))


def test_a_missing_bed_file_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"none\.bed"):
        split_regions(LONG, Splits(valid=["a"], test={"bed": str(tmp_path / "none.bed")}))


def test_a_chromosome_that_a_bed_file_covers_is_compared_with_copies(tmp_path, caplog):
    genome = Genome("x", {"2": 9, "3": 9, "3_part": 9})
    test = bed(tmp_path, "t.bed", [("3", 0, 4), ("3", 4, 9)])
    split_regions(genome, Splits(valid=["2"], test=test))
    assert "3_part ('train') and 3 ('test')" in caplog.text


def test_the_distance_of_a_window_and_a_region_is_the_number_of_bases_between_them():
    # Training a:0-50 and a:60-100, test a:50-60.
    regions = split_regions(LONG, splits(None, ["b"], ["a:51-60"]))
    starts = np.array([-1, 0, 35, 36, 45, 46, 50, 51, 56, 57, 60, 64, 65, 90, 91])
    train, valid, test = range(3)
    assert windows_split(regions, "a", starts, 4).tolist() == [
        *(OUTSIDE, train, train, train, train, train, test, test),
        *(test, OUTSIDE, train, train, train, train, train),
    ]
    # 10 bp between a:36-40 and a:50-60; a window that begins at 65 has 5 bp to the left.
    assert windows_split(regions, "a", starts, 4, guard=5).tolist() == [
        *(OUTSIDE, train, train, train, GUARDED, GUARDED, test, test),
        *(test, OUTSIDE, GUARDED, GUARDED, train, train, train),
    ]
    assert windows_split(regions, "b", np.array([0, 46, 47]), 4, 1000).tolist() == [
        *(valid, valid, OUTSIDE)
    ]
    assert windows_split(regions, "c", np.array([0, 3]), 4).tolist() == [OUTSIDE, OUTSIDE]


CHROMOSOMES = ("a", "b")
FREE = "none"


@st.composite
def base_splits(draw):
    """The split of each base of each chromosome."""
    segment = st.tuples(st.sampled_from((*SPLITS, FREE)), st.integers(1, 12))
    return {
        name: [
            split for split, length in draw(st.lists(segment, max_size=6)) for _ in range(length)
        ]
        for name in CHROMOSOMES
    }


def runs(labels):
    """Split, start and end of each run of bases of one split."""
    cuts = [n for n in range(1, len(labels)) if labels[n] != labels[n - 1]]
    bounds = [0, *cuts, len(labels)] if labels else [0]
    return [(labels[start], start, end) for start, end in pairwise(bounds)]


@st.composite
def cases(draw):
    """The split of each base, and lines of BED files that give it, in random order."""
    labels = draw(base_splits())
    # Each split has a chromosome of its own, so that no file is empty.
    labels |= {split: [split] * 5 for split in SPLITS}
    lines = {split: [] for split in SPLITS}
    for name, own in labels.items():
        for split, start, end in runs(own):
            if split == FREE:
                continue
            cut = draw(st.integers(start, end))
            overlap = draw(st.integers(cut, end))
            lines[split] += [(name, *part) for part in ((start, overlap), (cut, end))]
    for split, own in lines.items():
        filled = [line for line in own if line[1] < line[2]]
        lines[split] = draw(st.permutations(filled))
    return labels, lines


def naive_split(labels, start, window, guard):
    """The split of a window, base by base."""
    end = start + window
    own = set(labels[max(start, 0) : end])
    if start < 0 or end > len(labels) or len(own) > 1 or own == {FREE}:
        return OUTSIDE
    index = SPLITS.index(*own)
    for base, split in enumerate(labels):
        between = base - end if base >= end else start - base - 1
        if split in SPLITS[index + 1 :] and between < guard:
            return GUARDED
    return index


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("regions")


@settings(deadline=None, max_examples=50, derandomize=True)
@given(
    case=cases(),
    window=st.integers(1, 8),
    guard=st.integers(0, 9),
    rest=st.booleans(),
)
def test_windows_of_random_regions(case, window, guard, rest, folder):
    labels, lines = case
    genome = Genome("x", {name: len(own) for name, own in labels.items()})
    files = {split: bed(folder, f"{split}.bed", own) for split, own in lines.items()}
    if rest:
        files["train"] = None
        labels = {
            name: ["train" if split == FREE else split for split in own]
            for name, own in labels.items()
        }
    chosen = Splits(**files)
    regions = split_regions(genome, chosen)
    assert rows(regions) == [
        (name, start, end, split)
        for name, own in labels.items()
        for split, start, end in runs(own)
        if split != FREE
    ]
    for name, own in labels.items():
        starts = np.arange(-2, len(own) + 3)
        found = windows_split(regions, name, starts, window, guard)
        assert found.dtype == np.int8
        assert found.tolist() == [naive_split(own, start, window, guard) for start in starts]
        kept = [(start, split) for start, split in zip(starts, found, strict=True) if split >= 0]
        for (one, split), (other, other_split) in combinations(kept, 2):
            assert split == other_split or other - one - window >= guard
        without = windows_split(regions, name, starts, window)
        assert ((found == without) | (found == GUARDED)).all()
        assert ((found == SPLITS.index("test")) == (without == SPLITS.index("test"))).all()
    # The order of lines does not matter.
    for split, own in lines.items():
        bed(folder, f"{split}.bed", sorted(own))
    assert split_regions(genome, chosen).equals(regions)
