"""Choices of bins, negatives, order and strands, against a search base by base."""

import re

import numpy as np
import pytest
from tiny_genome import Contents

from noncoding.common.errors import InputError
from noncoding.data.one_hot import letters
from noncoding.data.store import BOTH, Store
from noncoding.settings.base_dataset import Download
from noncoding.settings.genome import (
    BinsOfFile,
    BinsOfGroups,
    GenomeDataset,
    Negatives,
    PeakFolder,
    PeakTable,
    SplitRows,
    Splits,
)
from noncoding.stages.tile import tile_genome_wide

BIN, FLANK, WINDOW = 4, 2, 8


def all_windows(genome, chromosomes):
    """Locus and sequence of every bin whose window lies within its chromosome."""
    for name in chromosomes:
        text = re.sub("[^ACGT]", "N", genome[name].upper())
        for start in range(0, len(text) - BIN + 1, BIN):
            left, right = start - FLANK, start + BIN + FLANK
            if left >= 0 and right <= len(text):
                yield (name, left, right), text[left:right]


@pytest.fixture
def contents():
    rng = np.random.default_rng(5)
    sizes = {"chr2": 400, "chr10": 300, "chr1": 407, "chr8": 250}
    genome = {name: "".join(rng.choice([*"ACGTacgN"], size)) for name, size in sizes.items()}
    peaks = {
        target: [
            (name, int(start), int(start) + length)
            for name in sizes
            for start in rng.choice(sizes[name] - 10, count, replace=False)
        ]
        for target, count, length in (("A", 3, 4), ("B", 5, 3), ("C", 2, 6))
    }
    splits = {"train": ["chr1", "chr10"], "valid": ["chr2"], "test": ["chr8"]}
    return Contents(genome=genome, peaks=peaks, splits=splits, chromosome_map={}, min_peaks=1)


@pytest.fixture
def tiled(inputs, contents):
    """Write the files of the contents, and give a function that builds and reads the stores."""
    text = "".join(f">{name}\n{letters}\n" for name, letters in contents.genome.items())
    inputs.fasta.write_text(text)
    for path in inputs.peaks.iterdir():
        path.unlink()
    for target, own in contents.peaks.items():
        lines = "".join(f"{name}\t{start}\t{end}\n" for name, start, end in own)
        (inputs.peaks / f"{target}.bed").write_text(lines)

    def build(**changes):
        inputs.tile(**(contents.settings() | changes))
        return inputs.rows()

    return build


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("peak", ["overlap", "any", "summit"])
def test_training_rows_between_bins(tiled, contents, stride, peak):
    contents = contents._replace(peak=peak)
    expected = contents.rows()
    named = [name for name in contents.genome if name in contents.splits["train"]]
    expected["train"] = [
        row
        for offset in range(0, BIN, stride)
        for name in named
        for row in contents.rows_on(name, offset)
    ]
    found = tiled(stride=stride, peak=peak)
    assert len(found["train"]) > 1.5 * len(contents.rows()["train"])
    assert found == expected


def test_all_bins(tiled, contents):
    labels = {row[0]: row[2] for own in contents.rows().values() for row in own}
    for split, rows in tiled(bins="all").items():
        named = [name for name in contents.genome if name in contents.splits[split]]
        expected = list(all_windows(contents.genome, named))
        assert [(locus, sequence) for locus, sequence, _ in rows] == expected
        for locus, _, own in rows:
            assert own == labels.get(locus, [0, 0, 0])


def test_bins_of_a_group(tiled, inputs, contents):
    table = inputs.folder / "peaks.tsv"
    groups = {"A": "TF", "B": "DNase", "C": "TF"}
    lines = "".join(f"peaks/{name}.bed\t{name}\t{group}\n" for name, group in groups.items())
    table.write_text("path\tname\tgroup\n" + lines)
    found = tiled(peaks=PeakTable(table=str(table)), bins=BinsOfGroups(group="TF"))
    expected = {
        split: [row for row in rows if row[2][0] or row[2][2]]
        for split, rows in contents.rows().items()
    }
    assert found == expected
    assert inputs.counts()["bins"] == "group TF"


def test_windows_with_many_unknown_bases_are_left_out(tiled, inputs, contents):
    found = tiled(max_n=0.125)
    expected = {
        split: [row for row in rows if row[1].count("N") <= 1]
        for split, rows in contents.rows().items()
    }
    assert found == expected
    dropped = sum(map(len, contents.rows().values())) - sum(map(len, expected.values()))
    assert dropped == inputs.counts()["windows_unknown_bases"] > 0


def test_each_window_counts_for_every_file_that_excludes_it(tiled, inputs, contents):
    regions = {"gaps.bed": [("chr1", 40, 90), ("chr2", 0, 60)], "more.bed": [("chr1", 70, 150)]}
    for name, own in regions.items():
        lines = "".join(f"{chromosome}\t{start}\t{end}\n" for chromosome, start, end in own)
        (inputs.folder / name).write_text(lines)
    found = tiled(exclude=[Download(url=str(inputs.folder / name)) for name in regions])

    def hit(row, own):
        chromosome, left, right = row[0]
        return any(name == chromosome and a < right and left < b for name, a, b in own)

    rows = [row for own in contents.rows().values() for row in own]
    by_file = {name: sum(hit(row, own) for row in rows) for name, own in regions.items()}
    assert inputs.counts()["windows_excluded"] == by_file
    kept = [row for row in rows if not any(hit(row, own) for own in regions.values())]
    assert [row for own in found.values() for row in own] == kept
    assert inputs.counts()["windows_excluded_any"] == len(rows) - len(kept)


def test_files_of_excluded_regions_may_share_a_name(tiled, inputs):
    regions = {"a": ("chr1", 0, 300), "b": ("chr2", 0, 60)}
    alone = {}
    for folder, (chromosome, start, end) in regions.items():
        path = inputs.folder / folder / "gaps.bed"
        path.parent.mkdir()
        path.write_text(f"{chromosome}\t{start}\t{end}\n")
        tiled(exclude=[Download(url=str(path))])
        alone[str(path)] = inputs.counts()["windows_excluded_any"]
    tiled(exclude=[Download(url=path) for path in alone])
    assert inputs.counts()["windows_excluded"] == alone
    assert all(alone.values())


def test_negatives_are_added_to_the_bins_of_a_file(tiled, inputs, contents):
    """Bins without a label that the file lists are rows already, and are not drawn."""
    loci = [row[0] for row in all_windows(contents.genome, contents.genome)]
    labelled = {row[0] for own in contents.rows().values() for row in own}
    chosen = [locus for locus in loci if locus in labelled or locus[1] % 3 == 0]
    text = "".join(f"{name}\t{left + FLANK}\t{right - FLANK}\n" for name, left, right in chosen)
    (inputs.folder / "bins.bed").write_text(text)
    bins = BinsOfFile(file=Download(url=str(inputs.folder / "bins.bed")))
    without = tiled(bins=bins)
    found = tiled(bins=bins, negatives=Negatives(train=0.5, avoid="bins"))
    drawn = inputs.counts()["negatives"]["train"]["drawn"]
    assert found["train"][: len(without["train"])] == without["train"]
    added = found["train"][len(without["train"]) :]
    assert len(added) == drawn
    assert not {row[0] for row in added} & {*map(tuple, chosen)}
    assert [found["valid"], found["test"]] == [without["valid"], without["test"]]


def test_targets_that_lose_their_bins_are_left_out(tiled, inputs, contents):
    """Only bins of the group count, of targets that are kept themselves."""
    table = inputs.folder / "peaks.tsv"
    groups = {"A": "TF", "B": "DNase", "C": "TF"}
    lines = "".join(f"peaks/{name}.bed\t{name}\t{group}\n" for name, group in groups.items())
    table.write_text("path\tname\tgroup\n" + lines)
    rows = [row for own in contents.rows().values() for row in own if row[2][0] or row[2][2]]
    positives = dict(zip("ABC", np.sum([row[2] for row in rows], axis=0).tolist(), strict=True))
    tiled(
        peaks=PeakTable(table=str(table)),
        bins=BinsOfGroups(group="TF"),
        min_positives=positives["B"] + 1,
    )
    kept = {name for name, count in positives.items() if count > positives["B"]}
    with Store(inputs.stores["train"]) as store:
        assert set(store.targets["name"]) == kept


def test_order_by_name_and_rows_of_splits(tiled, contents):
    splits = {"train": SplitRows(rows=4), "valid": SplitRows(rows=3), "test": ["chr8"]}
    found = tiled(splits=splits, order="name")
    rows = {row[0]: row for own in contents.rows().values() for row in own}
    in_order = sorted((locus for locus in rows if locus[0] != "chr8"), key=lambda own: own)
    assert [name for name, _, _ in in_order[:1]] == ["chr1"]
    assert found["train"] == [rows[locus] for locus in in_order[:4]]
    assert found["valid"] == [rows[locus] for locus in in_order[4:7]]
    assert found["test"] == contents.rows()["test"]


def test_more_rows_than_there_are(inputs, tiled):
    splits = {"train": SplitRows(rows=400), "valid": SplitRows(rows=3), "test": ["chr8"]}
    inputs.refuses(
        r"found \d+ usable loci on chromosomes that no other split names; expected at least 400 "
        r"for training and 3 for validation",
        splits=splits,
        chromosome_map={},
        min_peaks=1,
    )


def test_the_reverse_complements_follow(tiled, inputs, contents):
    tiled()  # writes the files
    inputs.tile(**contents.settings(), strands="both")
    complement = str.maketrans("ACGTN", "TGCAN")
    for split, path in inputs.stores.items():
        rows = contents.rows()[split]
        with Store(path) as store:
            assert store.strands == BOTH
            assert store.rows == 2 * len(rows)
            assert [tuple(locus) for locus in store.loci().to_numpy()] == [row[0] for row in rows]
            sequences = [letters(own) for own in store.sequences(slice(None))]
            forward = [row[1] for row in rows]
            assert sequences == forward + [own.translate(complement)[::-1] for own in forward]
            assert store.labels().tolist() == 2 * [row[2] for row in rows]


def test_bins_of_a_file_keep_its_order(tiled, inputs, contents):
    loci = [row[0] for row in all_windows(contents.genome, contents.genome)]
    chosen = [loci[index] for index in np.random.default_rng(3).permutation(len(loci))[:60]]
    text = "".join(f"{name}\t{left + FLANK}\t{right - FLANK}\n" for name, left, right in chosen)
    (inputs.folder / "bins.bed").write_text(text)
    found = tiled(bins=BinsOfFile(file=Download(url=str(inputs.folder / "bins.bed"))))
    for split, rows in found.items():
        assert [row[0] for row in rows] == [
            locus for locus in chosen if locus[0] in contents.splits[split]
        ]
    assert inputs.counts()["bins"] == "file bins.bed"


@pytest.mark.parametrize("avoid", ["windows", "bins"])
@pytest.mark.parametrize("order", ["genome", "name"])
def test_negatives_overlap_nothing_labelled(tiled, inputs, contents, avoid, order):
    (inputs.folder / "gaps.bed").write_text("chr1\t200\t240\n")
    exclude = [Download(url=str(inputs.folder / "gaps.bed"))]
    settings = Negatives(train=1.0, valid=0.5, avoid=avoid)
    changes = {"exclude": exclude, "max_n": 0.5, "order": order}
    without = tiled(**changes)
    found = tiled(negatives=settings, **changes)
    counts = inputs.counts()["negatives"]
    assert set(counts) == {"train", "valid"}
    labelled = [
        (chromosome, left if avoid == "windows" else left + FLANK)
        for rows in Contents(**contents._asdict() | {"min_peaks": 1}).rows().values()
        for (chromosome, left, _), _, _ in rows
    ]
    size = WINDOW if avoid == "windows" else BIN
    for split, rows in found.items():
        assert [row for row in rows if any(row[2])] == without[split]
        drawn = [row for row in rows if not any(row[2])]
        assert len(drawn) == counts.get(split, {"drawn": 0})["drawn"]
        for (chromosome, left, right), sequence, _ in drawn:
            assert chromosome in contents.splits[split]
            assert sequence.count("N") <= WINDOW / 2
            assert not (chromosome == "chr1" and left < 240 and right > 200)
            assert not any(
                name == chromosome and start < right and left < start + size
                for name, start in labelled
            )
        names = sorted(contents.genome) if order == "name" else list(contents.genome)
        places = [(names.index(name), left) for (name, left, _), _, _ in rows]
        assert places == sorted(places)
    assert found["test"] == without["test"]
    assert tiled(negatives=settings, **changes) == found
    other = tiled(negatives=settings.model_copy(update={"seed": 2}), **changes)
    if counts["valid"]["drawn"] == counts["valid"]["wanted"]:
        assert other["valid"] != found["valid"] or other["train"] != found["train"]


def settings_of(inputs, contents, **changes):
    """The settings of the data set, which are not validated: windows are short."""
    peaks = PeakFolder(folder=str(inputs.peaks), pattern="*.bed", suffix=".bed", group="TF")
    keys = contents.settings() | {"peaks": peaks} | changes
    keys["splits"] = Splits.model_construct(**keys["splits"], ignore=())
    return GenomeDataset.model_construct(**keys)


def test_all_bins_of_the_test_regions(tiled, inputs, contents):
    (inputs.folder / "gaps.bed").write_text("chr8\t40\t60\n")
    changes = {"exclude": [Download(url=str(inputs.folder / "gaps.bed"))], "max_n": 0.25}
    tested = {locus: labels for locus, _, labels in tiled(**changes)["test"]}
    store, settings = inputs.folder / "all.h5", settings_of(inputs, contents, **changes)
    tile_genome_wide(inputs.fasta, [], inputs.stores["test"], store, settings, urls={})
    expected = [
        (locus, sequence)
        for locus, sequence in all_windows(contents.genome, ["chr8"])
        if sequence.count("N") <= 2 and not (locus[1] < 60 and locus[2] > 40)
    ]
    with Store(store) as made:
        loci = [tuple(locus) for locus in made.loci().to_numpy()]
        sequences = [letters(own) for own in made.sequences(slice(None))]
        found = dict(zip(loci, made.labels().tolist(), strict=True))
        assert made.source["counts"]["with_label"] == len(tested)
        names = made.targets["name"].tolist()
    assert list(zip(loci, sequences, strict=True)) == expected
    assert len(found) > len(tested) > 0
    assert found == dict.fromkeys(loci, [0] * len(names)) | tested


def test_targets_of_other_peak_files_are_refused(tiled, inputs, contents):
    tiled()
    (inputs.peaks / "A.bed").unlink()
    store, settings = inputs.folder / "all.h5", settings_of(inputs, contents)
    with pytest.raises(InputError, match="3 targets, of which 2 are in the peak files"):
        tile_genome_wide(inputs.fasta, [], inputs.stores["test"], store, settings, urls={})
    assert not store.exists()
