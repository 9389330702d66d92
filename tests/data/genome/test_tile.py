"""Stores of a tiny genome: every row and count."""

import gzip
import hashlib
import logging

import pysam
import pytest
from tiny_genome import COUNTS, PEAKS, ROWS, Contents, Inputs

from noncoding.data.store import FORWARD, Store
from noncoding.settings.genome import PeakTable


def test_rows_agree_with_those_written_by_hand(inputs):
    inputs.tile()
    assert inputs.rows() == ROWS
    # So does the reference of other tests.
    assert Contents().rows() == ROWS


def test_header_and_counts(inputs):
    inputs.tile()
    for name, path in inputs.stores.items():
        with Store(path) as store:
            assert (store.length, store.bin, store.strands) == (8, 4, FORWARD)
            assert store.source == {
                "urls": {"genome.fa": "tiny"},
                "fasta_sha256": hashlib.sha256(inputs.fasta.read_bytes()).hexdigest(),
                "peaks_sha256": hashlib.sha256().hexdigest(),
                "counts": COUNTS,
            }
            assert store.rows == len(ROWS[name])
            assert store.targets.to_dict("list") == {
                "index": [0, 1],
                "name": ["A", "B"],
                "group": ["TF", "TF"],
                "cell_type": ["", ""],
                "assay": ["", ""],
                "treatment": ["", ""],
                "motif": ["", ""],
                "peak_file": ["A.bed", "B.bed"],
                "peaks": [5, 4],
            }


def test_the_log_lists_what_was_left_out(inputs, caplog):
    with caplog.at_level(logging.INFO):
        inputs.tile()
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert len(warnings) == 4
    assert "empty.bed has no peaks" in warnings[0]
    assert "2 intervals are left out" in warnings[1]
    assert "chrUn" in warnings[1]
    # B has a peak in every labelled bin.
    assert "1 of 2 targets have no negatives" in warnings[2]
    assert "every row: B (train, valid, test)" in warnings[2]
    assert "1 of 2 targets have no positives in a split: A (valid)" in warnings[3]
    assert "2 targets from 4 peak files (1 empty, 1 with too few peaks, 0 with too" in caplog.text
    assert "rows: train 2, valid 1, test 2" in caplog.text


def test_blocks_do_not_change_the_rows(inputs, monkeypatch):
    monkeypatch.setattr("noncoding.data.genome.rows.ROWS_PER_BLOCK", 1)
    inputs.tile()
    assert inputs.rows() == ROWS


@pytest.mark.parametrize("compression", ["gzip", "bgzip"])
def test_a_compressed_genome_gives_the_same(inputs, compression):
    packed = inputs.folder / "genome.fa.gz"
    if compression == "gzip":
        packed.write_bytes(gzip.compress(inputs.fasta.read_bytes()))
    else:
        pysam.tabix_compress(str(inputs.fasta), str(packed))
    inputs.tile(fasta=packed)
    assert inputs.rows() == ROWS
    assert inputs.counts() == COUNTS


def test_a_table_of_peak_files_keeps_its_order_and_names(inputs):
    table = inputs.folder / "peaks.tsv"
    table.write_text(
        "path\tname\tgroup\tassay\tmotif\n"
        "peaks/B.bed\tZ\tTF\tChIP-exo\tMA0001.1\npeaks/A.bed\tY\tDNase\t\t\n"
    )
    inputs.tile(peaks=PeakTable(table=str(table)))
    with Store(inputs.stores["test"]) as store:
        assert store.targets["name"].tolist() == ["Z", "Y"]
        assert store.targets["group"].tolist() == ["TF", "DNase"]
        assert store.targets["assay"].tolist() == ["ChIP-exo", ""]
        assert store.targets["motif"].tolist() == ["MA0001.1", ""]
        assert store.labels().tolist() == [[1, 0], [1, 1]]


def test_targets_with_few_positive_bins_are_left_out(inputs):
    inputs.tile(min_positives=5)
    with Store(inputs.stores["test"]) as store:
        assert store.targets[["index", "name", "peaks"]].to_numpy().tolist() == [[0, "B", 4]]
        assert store.labels().tolist() == [[1], [1]]
    # A is positive in two of the five rows; B is positive in all.
    assert inputs.counts() == {
        **COUNTS,
        "targets": 1,
        "dropped_few_positives": {"A": 2},
        "bins_chosen": 7,
        "windows_off_chromosome": 2,
    }
    assert [row[:2] for row in inputs.rows()["train"]] == [row[:2] for row in ROWS["train"]]


def short_peaks(inputs, counts):
    """Peaks of 2 bp, each at the centre of a bin of 4 bp."""
    for name, count in counts.items():
        text = "".join(f"chr{c}\t{4 * n + 1}\t{4 * n + 3}\n" for c in "123" for n in range(count))
        (inputs.peaks / f"{name}.bed").write_text(text)


def test_targets_with_short_peaks_give_a_warning_with_numbers(inputs, caplog):
    short_peaks(inputs, {"A": 4, "empty": 2})
    inputs.tile(min_positives=1)
    assert inputs.counts()["dropped_few_positives"] == {"A": 0, "empty": 0}
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    [said] = [warning for warning in warnings if "few positive bins" in warning]
    assert "2 targets have few positive bins of 4 bp" in said
    assert "cover more than 2 of 4 bp" in said
    assert "A: 12 peaks, 0 positive bins, 12 peaks too short to label a bin alone" in said
    assert "empty: 6 peaks, 0 positive bins, 6 peaks too short" in said
    assert "peak: summit" in said

    caplog.clear()
    inputs.tile(peak="summit", min_positives=1)
    # Bins whose window of 8 bp is on its chromosome: 4 on I, 2 on II, 2 on III.
    assert inputs.counts()["dropped_few_positives"] == {}
    with Store(inputs.stores["test"]) as store:
        assert store.targets["name"].tolist() == ["A", "B", "empty"]
        assert store.labels()[:, 0].tolist() == [1, 1]
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert not any("few positive bins" in warning for warning in warnings)


def test_a_target_without_negatives_gives_a_warning(inputs, caplog):
    (inputs.peaks / "A.bed").unlink()
    inputs.tile()
    [said] = [r.getMessage() for r in caplog.records if "negatives" in r.getMessage()]
    assert "1 of 1 targets have no negatives" in said
    assert "B (train, valid, test)" in said
    assert "Add peak files of other factors or assays" in said


def test_windows_that_overlap_excluded_regions_are_left_out(inputs):
    exclude = inputs.folder / "exclude.bed"
    exclude.write_text("chr1\t10\t14\nchr3\t13\t15\nchr3\t1\t2\n")
    inputs.tile(exclude=str(exclude))
    # I:2-10 and I:14-22 are next to the region on I, III:2-10 to one on III.
    kept = {**ROWS, "test": ROWS["test"][:1]}
    assert inputs.rows() == kept
    assert inputs.counts() == {
        **COUNTS,
        "windows_excluded": {"exclude.bed": 1},
        "windows_excluded_any": 1,
        "rows": {"train": 2, "valid": 1, "test": 1},
    }


def test_a_split_of_null_gets_the_remaining_chromosomes(inputs):
    splits = {"train": None, "valid": ["II"], "test": ["III"]}
    inputs.tile(splits=splits, ignore=["Mito"])
    assert inputs.rows() == ROWS
    inputs.tile(splits=splits)
    assert [row[0] for row in inputs.rows()["train"]] == [
        *(row[0] for row in ROWS["train"]),
        ("Mito", 2, 10),
    ]
    assert inputs.counts()["peaks_in_no_split"] == 0


def test_names_are_matched_and_recorded(inputs, caplog):
    with caplog.at_level(logging.INFO):
        inputs.tile(chromosome_map=None)
    assert inputs.rows() == ROWS
    matched = {"chr1": "I", "chr2": "II", "chr3": "III", "chrM": "Mito"}
    assert inputs.counts() == COUNTS | {"chromosome_map": matched}
    assert "with those of the FASTA file: chr1 → I, chr2 → II, chr3 → III, chrM → M" in caplog.text


def test_windows_of_regions_do_not_overlap(inputs):
    """Each base is in one split at most: the flanks of a window, too."""
    length = 4000
    inputs.fasta.write_text(">c\n" + "ACGTTGCA" * (length // 8) + "\n>d\nACGTACGTACGTACGT\n")
    for name in PEAKS:
        (inputs.peaks / name).unlink()
    peaks = {name: range(offset, length - 4, 4) for name, offset in (("p", 0), ("q", 2))}
    for name, starts in peaks.items():
        text = "".join(f"c\t{start}\t{start + 1 + start % 5}\n" for start in starts)
        (inputs.peaks / f"{name}.bed").write_text(text)
    splits = {"train": None, "valid": ["c:1003-1501"], "test": ["c:2,001-2500"]}
    inputs.tile(splits=splits, chromosome_map={})
    owner = {}
    for split, rows in inputs.rows().items():
        for (chromosome, start, end), sequence, _ in rows:
            assert chromosome == "c" and sequence == ("ACGTTGCA" * length)[start:end]
            assert all(owner.setdefault(base, split) == split for base in range(start, end))
    within = {"valid": range(1002, 1501), "test": range(2000, 2500)}
    for split, region in within.items():
        assert {base for base, name in owner.items() if name == split} <= set(region)
    # The same rows as without regions, but for windows that cross a border.
    everywhere = [row for rows in inputs.rows().values() for row in rows]
    (inputs.folder / "whole").mkdir()
    whole = Inputs(inputs.folder / "whole")
    whole.fasta.write_text(inputs.fasta.read_text() + ">e\n" + "A" * 40 + "\n>f\n" + "C" * 40)
    for name in PEAKS:
        (whole.peaks / name).unlink()
    for name in peaks:
        text = (inputs.peaks / f"{name}.bed").read_text()
        (whole.peaks / f"{name}.bed").write_text(text + "e\t20\t21\nf\t20\t21\n")
    whole.tile(splits={"train": ["c"], "valid": ["e"], "test": ["f"]}, chromosome_map={})
    borders = (1002, 1501, 2000, 2500)
    assert everywhere and sorted(everywhere) == sorted(
        row
        for row in whole.rows()["train"]
        if not any(row[0][1] < border < row[0][2] for border in borders)
    )
