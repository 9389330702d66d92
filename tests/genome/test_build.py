"""From files to stores: every row and count of a tiny genome."""

import gzip
import importlib
import logging

import pysam
import pytest
from tiny_genome import COUNTS, ROWS

from noncoding.build import PeakTable
from noncoding.store import FORWARD, Store


def test_every_row_is_what_is_known_by_hand(inputs):
    inputs.build()
    assert inputs.rows() == ROWS


def test_header_and_counts(inputs):
    inputs.build()
    for name, path in inputs.stores.items():
        with Store(path) as store:
            assert (store.length, store.bin, store.strands) == (8, 4, FORWARD)
            assert store.source == {"assembly": "tiny", "counts": COUNTS}
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


def test_the_log_says_what_was_left_out(inputs, caplog):
    with caplog.at_level(logging.INFO):
        inputs.build()
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert len(warnings) == 2
    assert "empty.bed has no peaks" in warnings[0]
    assert "2 intervals are left out" in warnings[1]
    assert "chrUn" in warnings[1]
    assert "2 targets from 4 peak files (1 empty, 1 with too few peaks)" in caplog.text
    assert "rows: train 2, valid 1, test 2" in caplog.text


def test_blocks_do_not_change_the_rows(inputs, monkeypatch):
    module = importlib.import_module("noncoding.build.build")
    monkeypatch.setattr(module, "ROWS_PER_BLOCK", 1)
    inputs.build()
    assert inputs.rows() == ROWS


@pytest.mark.parametrize("compression", ["gzip", "bgzip"])
def test_a_compressed_genome_gives_the_same(inputs, compression):
    packed = inputs.folder / "genome.fa.gz"
    if compression == "gzip":
        packed.write_bytes(gzip.compress(inputs.fasta.read_bytes()))
    else:
        pysam.tabix_compress(str(inputs.fasta), str(packed))
    inputs.build(fasta=packed)
    assert inputs.rows() == ROWS
    assert inputs.counts() == COUNTS


def test_a_table_of_peak_files_keeps_its_order_and_names(inputs):
    table = inputs.folder / "peaks.tsv"
    table.write_text(
        "path\tname\tgroup\tassay\tmotif\n"
        "peaks/B.bed\tZ\tTF\tChIP-exo\tMA0001.1\npeaks/A.bed\tY\tDNase\t\t\n"
    )
    inputs.build(peaks=PeakTable(table))
    with Store(inputs.stores["test"]) as store:
        assert store.targets["name"].tolist() == ["Z", "Y"]
        assert store.targets["group"].tolist() == ["TF", "DNase"]
        assert store.targets["assay"].tolist() == ["ChIP-exo", ""]
        assert store.targets["motif"].tolist() == ["MA0001.1", ""]
        assert store.labels().tolist() == [[1, 0], [1, 1]]


def test_excluded_regions_take_the_windows_that_touch_them(inputs):
    exclude = inputs.folder / "exclude.bed"
    exclude.write_text("chr1\t10\t14\nchr3\t13\t15\nchr3\t1\t2\n")
    inputs.build(exclude=exclude)
    # I:2-10 and I:14-22 are next to the region on I, III:2-10 to one on III.
    kept = {**ROWS, "test": ROWS["test"][:1]}
    assert inputs.rows() == kept
    assert inputs.counts() == {
        **COUNTS,
        "windows_excluded": 1,
        "rows": {"train": 2, "valid": 1, "test": 1},
    }


def test_the_rest_goes_to_the_split_that_names_nothing(inputs):
    splits = {"train": None, "valid": ["II"], "test": ["III"]}
    inputs.build(splits=splits, ignore=["Mito"])
    assert inputs.rows() == ROWS
    inputs.build(splits=splits)
    assert [row[0] for row in inputs.rows()["train"]] == [
        *(row[0] for row in ROWS["train"]),
        ("Mito", 2, 10),
    ]
    assert inputs.counts()["peaks_in_no_split"] == 0
