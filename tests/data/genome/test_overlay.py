"""Proposed configurations: names of chromosomes, splits, and what is in the YAML file."""

import random

import pytest
import yaml
from own_files import peaks_of, shares, write_genome, write_peaks
from shipped import DEFAULT, merged

from noncoding.common.errors import InputError
from noncoding.data.genome.given_peaks import find_peak_files, given_peaks
from noncoding.data.genome.overlay import overlay_text, propose_overlay
from noncoding.data.store import Store
from noncoding.settings.config import check_settings
from noncoding.stages.tile import tile

ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
ROMAN = (*ROMAN, "XIII", "XIV", "XV", "XVI")
YEAST = {name: 6000 + 700 * (7 * place % 16) for place, name in enumerate(ROMAN)}
"""Sixteen chromosomes of unequal lengths."""
SCHEMES = {
    "roman": ROMAN,
    "chr roman": tuple(f"chr{name}" for name in ROMAN),
    "arabic": tuple(map(str, range(1, 17))),
    "chr arabic": tuple(f"chr{number}" for number in range(1, 17)),
    "refseq": tuple(f"NC_{1132 + number:06}.{number % 3 + 7}" for number in range(1, 17)),
}


def proposed(folder, patterns, fasta="genome.fa"):
    """The proposal, its data set as the pipeline reads it, and as YAML."""
    peaks = given_peaks(find_peak_files(patterns), folder / "mine_peaks.tsv", patterns)
    overlay = propose_overlay(folder / fasta, peaks)
    read = yaml.safe_load(overlay_text(overlay))
    assert read == {"datasets": {"mine": overlay.dataset}}
    settings = check_settings(merged(DEFAULT, read))
    return overlay, settings.datasets["mine"], read["datasets"]["mine"]


@pytest.mark.parametrize("of_peaks", SCHEMES)
@pytest.mark.parametrize("of_genome", SCHEMES)
def test_names_of_all_schemes_are_mapped(of_genome, of_peaks, tmp_path):
    own, others = SCHEMES[of_genome], SCHEMES[of_peaks]
    lengths = dict(zip(own, YEAST.values(), strict=True))
    descriptions = {
        name: f"Saccharomyces cerevisiae S288C chromosome {roman}, complete sequence"
        for name, roman in zip(own, ROMAN, strict=True)
        if of_genome == "refseq"
    }
    write_genome(tmp_path / "genome.fa", lengths, descriptions)
    planted = dict(zip(own, others, strict=True))
    files = [
        write_peaks(tmp_path / f"{name}.bed", lengths, names=planted, offset=offset)
        for name, offset in (("A", 0), ("B", 90))
    ]
    overlay, _, dataset = proposed(tmp_path, [str(tmp_path / "*.bed")])
    expected = {other: name for name, other in planted.items() if name != other}
    assert dataset.get("chromosome_map", {}) == expected
    assert list(dataset.get("chromosome_map", {})) == list(expected)
    found = shares(dataset["splits"], lengths, peaks_of(files, expected))
    assert found["valid"] == pytest.approx((0.1, 0.1), abs=0.03)
    assert found["test"] == pytest.approx((0.1, 0.1), abs=0.03)
    assert overlay.warnings == []


def test_the_map_is_left_out_where_a_name_is_matched_in_some_files_only(tmp_path):
    # X is the tenth chromosome beside Roman numerals, and the sex chromosome beside Arabic ones.
    lengths = {f"chr{number}": 9000 for number in range(1, 12)}
    write_genome(tmp_path / "genome.fa", lengths)
    write_peaks(tmp_path / "A.bed", lengths, names=dict(zip(lengths, ROMAN[:11], strict=True)))
    names = {name: name[3:] for name in lengths}
    path = write_peaks(tmp_path / "B.bed", lengths, names=names)
    with path.open("a") as handle:
        handle.write("X\t100\t300\n")
    overlay, settings, _ = proposed(tmp_path, [str(tmp_path / "?.bed")])
    assert settings.chromosome_map is None
    assert overlay.warnings == ["1 peak on 1 name that the FASTA file lacks will be left out: X."]


def test_a_genome_of_one_chromosome_is_split_by_regions(tmp_path):
    lengths = {"NC_000913.3": 300_000}
    write_genome(tmp_path / "genome.fa", lengths)
    draw = random.Random(1)
    # Most peaks are in the first half.
    starts = [draw.randrange(draw.choice((150_000, 299_000))) for _ in range(900)]
    text = "".join(f"NC_000913.3\t{start}\t{start + 300}\n" for start in starts)
    (tmp_path / "A.bed").write_text(text)
    _, _, dataset = proposed(tmp_path, [str(tmp_path / "A.bed")])
    found = shares(dataset["splits"], lengths, peaks_of([tmp_path / "A.bed"]))
    assert [found[split][1] for split in ("valid", "test")] == pytest.approx([0.1, 0.1], abs=0.01)
    assert dataset["splits"]["valid"][0].startswith("NC_000913.3:1-")
    assert dataset["splits"]["test"][0].endswith("-300000")
    assert "negatives" in dataset


def test_a_genome_too_small_for_three_splits_gives_a_warning(tmp_path):
    lengths = {"phage": 5400}
    write_genome(tmp_path / "genome.fa", lengths)
    write_peaks(tmp_path / "A.bed", lengths)
    overlay, _, dataset = proposed(tmp_path, [str(tmp_path / "A.bed")])
    (valid, *_), (test, *_) = (dataset["splits"][split] for split in ("valid", "test"))
    told = [line for line in overlay.warnings if "will find no row for it and stop" in line]
    short = {
        split: last - first + 1
        for split, region in (("valid", valid), ("test", test))
        for first, last in [map(int, region.partition(":")[2].split("-"))]
        if last - first + 1 < 1000
    }
    assert short
    for split, length in short.items():
        assert any(
            f"The split {split} has" in line and f"{length:,} bases" in line for line in told
        )


def test_thousands_of_contigs_are_split_by_patterns(tmp_path):
    draw = random.Random(2)
    lengths = {f"contig_{number}": draw.randrange(900, 5000) for number in range(1, 3001)}
    write_genome(tmp_path / "genome.fa.gz", lengths)
    files = [
        write_peaks(tmp_path / f"{name}.bed", lengths, every=700, offset=offset)
        for name, offset in (("A", 0), ("B", 300))
    ]
    overlay, _, dataset = proposed(tmp_path, [str(tmp_path / "*.bed")], "genome.fa.gz")
    for split in ("valid", "test"):
        [pattern] = dataset["splits"][split]
        assert pattern.startswith("*")
    found = shares(dataset["splits"], lengths, peaks_of(files))
    assert found["valid"] == pytest.approx((0.1, 0.1), abs=0.01)
    assert found["test"] == pytest.approx((0.1, 0.1), abs=0.01)
    short = sum(lengths[name] < 1000 for name, _ in peaks_of(files))
    assert [line for line in overlay.warnings if line.startswith(f"{short:,} peaks on sequ")]


def test_contigs_with_other_names_are_matched_in_each_run(tmp_path):
    lengths = {str(number): 2000 for number in range(1, 201)}
    write_genome(tmp_path / "genome.fa", lengths)
    names = {name: f"chr{name}" for name in lengths}
    for target in "AB":
        write_peaks(tmp_path / f"{target}.bed", lengths, names=names)
    overlay, _, dataset = proposed(tmp_path, [str(tmp_path / "*.bed")])
    assert "chromosome_map" not in dataset
    assert list(overlay.targets["peaks"]) == [800, 800]


def test_peaks_on_organelles_and_alternatives_are_counted_as_left_out(tmp_path):
    lengths = YEAST | {"Mito": 5000, "I_random": 4000}
    write_genome(tmp_path / "genome.fa", lengths)
    for target in "AB":
        write_peaks(tmp_path / f"{target}.bed", lengths)
    overlay, _, dataset = proposed(tmp_path, [str(tmp_path / "*.bed")])
    assert dataset["splits"]["ignore"] == ["Mito"]
    left_out = sum(name in ("Mito", "I_random") for name, _ in peaks_of(tmp_path.glob("*.bed")))
    assert overlay.warnings == [
        f"{left_out} peaks on organelles or alternatives of chromosomes will be left out."
    ]
    write_peaks(tmp_path / "C.bed", {"Mito": 5000})
    with pytest.raises(InputError, match=r"C\.bed: found peaks on Mito only"):
        proposed(tmp_path, [str(tmp_path / "C.bed")])


def test_what_is_proposed_is_tiled_with_the_shares_that_are_shown(tmp_path):
    names = dict(zip(YEAST, SCHEMES["chr arabic"], strict=True))
    write_genome(tmp_path / "genome.fa", YEAST)
    for number, target in enumerate("ABC"):
        write_peaks(
            tmp_path / f"{target}.bed", YEAST, every=2000, names=names, offset=400 + 600 * number
        )
    overlay, settings, _ = proposed(tmp_path, [str(tmp_path / "*.bed")])
    paths = sorted(tmp_path.glob("*.bed"))
    tile(tmp_path / "genome.fa", paths, tmp_path / "data", settings, urls={})
    # A peak is a bin, which becomes a row if 400 bp on both of its sides are on the chromosome.
    rows = [
        (chromosome, middle)
        for chromosome, middle in peaks_of(paths, {other: name for name, other in names.items()})
        if 500 <= middle <= YEAST[chromosome] - 500
    ]
    found = shares(overlay.dataset["splits"], YEAST, rows)
    for split in ("train", "valid", "test"):
        with Store(tmp_path / "data" / f"{split}.h5") as store:
            assert store.rows == round(found[split][1] * len(rows))
