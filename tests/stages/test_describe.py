import json

import numpy as np
import pandas as pd
import pytest
from figure_checks import assert_legible, saved_by

from noncoding.common.errors import InputError
from noncoding.data import counts as counts_module
from noncoding.data.counts import count_positives, count_split
from noncoding.data.one_hot import codes, one_hot, reverse_complement
from noncoding.data.store import BOTH, FORWARD, Store, StoreHeader, new_store
from noncoding.layout import figures
from noncoding.stages.describe import describe

TARGETS = pd.DataFrame(
    {"index": [0, 1, 2], "name": ["CTCF", "DNase", "never"], "group": ["TF", "DNase", "TF"]}
)
TRAIN = ["AACGTN", "AAAAAA", "GGGGGC"]
TRAIN_LABELS = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0]], dtype=np.uint8)


def write_store(path, sequences, labels, strands=FORWARD, targets=TARGETS):
    one_hots = np.stack([one_hot(codes(sequence)) for sequence in sequences])
    header = StoreHeader(len(sequences[0]), 2, strands, targets, {"kind": path.stem})
    with new_store(path, header) as store:
        store.append(one_hots, labels)
        if strands == BOTH:
            store.append(reverse_complement(one_hots), labels)
    return path


@pytest.fixture
def stores(tmp_path):
    return {
        "train": write_store(tmp_path / "train.h5", TRAIN, TRAIN_LABELS, BOTH),
        "valid": write_store(tmp_path / "valid.h5", TRAIN[:1], TRAIN_LABELS[:1]),
        "test": write_store(tmp_path / "test.h5", TRAIN[1:], TRAIN_LABELS[1:]),
    }


def test_counts_by_hand(stores):
    """Loci are counted, not rows: reverse complements would equalise A and T."""
    with Store(stores["train"]) as store:
        counts = count_split(store)
        assert count_positives(store).tolist() == [2, 1, 0]
    assert counts.loci == 3
    assert counts.positives.tolist() == [2, 1, 0]
    assert counts.loci_by_labels.tolist() == [1, 1, 1, 0]
    assert counts.bases.tolist() == [8, 2, 6, 1, 1]
    assert counts.mean_labels == 1
    # AACGTN: 2 of 5 known bases, 40 %; AAAAAA: none; GGGGGC, which has no label: all.
    assert np.flatnonzero(counts.gc_labelled).tolist() == [0, 20]
    assert np.flatnonzero(counts.gc_unlabelled).tolist() == [49]
    assert (counts.unlabelled, counts.with_unknown) == (1, 1)
    assert counts.gc_difference == pytest.approx((0.5 + 0.5 + 1) / 3)
    assert counts.prevalence.tolist() == [2 / 3, 1 / 3, 0]
    assert counts.base_shares == pytest.approx(
        {"A": 8 / 18, "C": 2 / 18, "G": 6 / 18, "T": 1 / 18, "N": 1 / 18}
    )


@pytest.mark.parametrize("rows", [1, 7, 40, 1000])
def test_blocks_do_not_change_the_counts(tmp_path, monkeypatch, rows):
    generator = np.random.default_rng(1)
    sequences = ["".join(generator.choice(list("ACGTN"), 13)) for _ in range(40)]
    labels = generator.integers(0, 2, (40, 3), dtype=np.uint8)
    path = write_store(tmp_path / "train.h5", sequences, labels)
    monkeypatch.setattr(counts_module, "_ROWS", rows)
    with Store(path) as store:
        counts = count_split(store)
        assert count_positives(store).tolist() == labels.sum(axis=0).tolist()
    together = "".join(sequences)
    assert counts.bases.tolist() == [together.count(base) for base in "ACGTN"]
    assert counts.positives.tolist() == labels.sum(axis=0).tolist()
    assert counts.loci_by_labels.tolist() == np.bincount(labels.sum(axis=1), minlength=4).tolist()
    assert counts.with_unknown == sum("N" in sequence for sequence in sequences)
    bins = [[], []]
    for sequence, row in zip(sequences, labels, strict=True):
        strong, known = (sum(map(sequence.count, bases)) for bases in ("CG", "ACGT"))
        bins[int(row.any())].append(min(50 * strong // known, 49))
    for found, expected in zip((counts.gc_unlabelled, counts.gc_labelled), bins, strict=True):
        assert found.tolist() == np.bincount(expected, minlength=50).tolist()


def test_windows_without_a_known_base_have_no_gc_content(tmp_path):
    labels = np.array([[1, 0, 0], [0, 0, 0]], dtype=np.uint8)
    with Store(write_store(tmp_path / "train.h5", ["NNNNNN", "NNNGNN"], labels)) as store:
        counts = count_split(store)
    assert counts.gc_labelled.sum() == 0 and np.flatnonzero(counts.gc_unlabelled).tolist() == [49]
    assert (counts.with_unknown, counts.gc_difference) == (2, None)


def test_summary_and_figures_are_written(stores, tmp_path):
    drawn = saved_by(describe, stores, tmp_path)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert list(summary) == ["train", "valid", "test"]
    train = summary["train"]
    assert train.pop("base_composition") == pytest.approx(
        {"A": 8 / 18, "C": 2 / 18, "G": 6 / 18, "T": 1 / 18, "N": 1 / 18}
    )
    histograms = train.pop("gc_content")
    assert {
        name: np.flatnonzero(histograms[name]).tolist() for name in ("labelled", "unlabelled")
    } == {
        "labelled": [0, 20],
        "unlabelled": [49],
    }
    assert (histograms["bin_percent"], histograms["difference"]) == (2, pytest.approx(2 / 3))
    assert summary["valid"]["gc_content"]["difference"] is None
    assert train.pop("share_of_windows_with_n") == pytest.approx(1 / 3)
    assert train == {
        "rows": 6,
        "loci": 3,
        "strands": BOTH,
        "length": 6,
        "bin": 2,
        "targets": 3,
        "mean_labels_per_locus": 1.0,
        "labelled_loci": 2,
        "unlabelled_loci": 1,
        "targets_without_positives": [{"index": 2, "name": "never"}],
        "source": {"kind": "train"},
    }
    assert (summary["test"]["rows"], summary["test"]["loci"]) == (2, 2)
    assert [target["index"] for target in summary["valid"]["targets_without_positives"]] == [1, 2]
    table = pd.read_csv(tmp_path / "targets.tsv", sep="\t")
    assert table["name"].tolist() == ["CTCF", "DNase", "never"]
    columns = [f"{split}_positives" for split in ("train", "valid", "test")]
    assert table[columns].T.to_numpy().tolist() == [[2, 1, 0], [1, 0, 0], [1, 1, 0]]
    assert len(drawn) == 5
    for figure in drawn:
        assert_legible(figure)
    for paths in figures("describe", tmp_path):
        assert all(path.exists() for path in paths)


def test_targets_without_positives_are_told_apart(stores, tmp_path):
    shared = TARGETS.assign(name="CTCF", cell_type=["K562", "HeLa", "HepG2"])
    for path in stores.values():
        write_store(path, TRAIN[:1], TRAIN_LABELS[:1], targets=shared)
    describe(stores, tmp_path)
    summary = json.loads((tmp_path / "summary.json").read_text())
    for split in summary.values():
        named = [target["name"] for target in split["targets_without_positives"]]
        assert named == ["CTCF (HeLa)", "CTCF (HepG2)"]
    # In another order, they are other targets.
    swapped = shared.assign(cell_type=["HeLa", "K562", "HepG2"])
    write_store(stores["test"], TRAIN[:1], TRAIN_LABELS[:1], targets=swapped)
    with pytest.raises(InputError, match="not those of the other splits"):
        describe(stores, tmp_path)


def test_splits_of_different_targets_are_refused(stores, tmp_path):
    other = TARGETS.assign(name=["CTCF", "DNase", "other"])
    write_store(stores["test"], TRAIN, TRAIN_LABELS, targets=other)
    with pytest.raises(InputError, match="not those of the other splits"):
        describe(stores, tmp_path)
    assert not (tmp_path / "summary.json").exists()
