"""The stage `evaluate_genome_wide`, against scikit-learn on whole arrays."""

import json
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from figure_checks import assert_legible, saved_by
from sklearn.metrics import average_precision_score, roc_auc_score

from noncoding import layout
from noncoding.common.errors import InputError
from noncoding.data.store import BOTH, FORWARD, Store, StoreHeader, new_store
from noncoding.evaluation import genome_wide
from noncoding.prediction.predictions import write_predictions
from noncoding.stages.evaluate_genome_wide import evaluate_genome_wide

BINS, TARGETS = 300, 21


def write_store(path, labels, loci, strands=FORWARD):
    targets = pd.DataFrame({"index": range(labels.shape[1])})
    targets["name"] = "t" + targets["index"].astype(str)
    targets["group"] = np.where(targets["index"] % 2, "TF", "DNase")
    with new_store(path, StoreHeader(16, 8, strands, targets, {})) as store:
        sequences = np.random.default_rng(0).integers(0, 2, (len(labels), 4, 16), np.uint8)
        store.append(sequences, labels, loci)


def write_scores(folder, scores):
    with Store(folder / "genome_wide.h5") as store:
        shards = [(slice(0, 200), scores[:200]), (slice(200, BINS), scores[200:])]
        write_predictions(folder / "predictions.h5", shards, store, "digest")


@pytest.fixture
def case(tmp_path):
    """Bins of two chromosomes, one in four with a label; the last target has none.

    The test split has the labelled bins and ten others, in another order, on both strands.
    """
    generator = np.random.default_rng(1)
    labels = (generator.random((BINS, TARGETS)) < 0.3).astype(np.uint8)
    labels[np.arange(BINS) % 4 > 0] = 0
    labels[:, -1] = 0
    # Rounded, so that many are tied.
    scores = np.round(0.3 * labels + 0.7 * generator.random(labels.shape), 2).astype(np.float32)
    loci = pd.DataFrame({"chromosome": ["I"] * 170 + ["II"] * 130})
    loci["start"] = [*range(0, 170 * 8, 8), *range(0, 130 * 8, 8)]
    loci["end"] = loci["start"] + 16
    write_store(tmp_path / "genome_wide.h5", labels, loci)
    labelled = np.flatnonzero(labels.any(axis=1))
    rows = generator.permutation([*labelled, *range(1, 41, 4)])
    twice = np.concatenate([rows, rows])
    write_store(tmp_path / "test.h5", labels[twice], loci.iloc[twice], BOTH)
    write_scores(tmp_path, scores)
    return tmp_path, labels, scores, labelled


def run(folder, **options):
    out = folder / "genome_wide"
    stores = folder / "predictions.h5", folder / "genome_wide.h5", folder / "test.h5"
    evaluate_genome_wide(*stores, out, **options)
    targets, summary = layout.files("evaluate_genome_wide", out)
    return pd.read_csv(targets, sep="\t"), json.loads(summary.read_text())


@pytest.mark.parametrize("values", [1, BINS * 16, 2**26])
def test_metrics_agree_with_scikit_learn_for_any_size_of_blocks(case, monkeypatch, values):
    monkeypatch.setattr(genome_wide.target_blocks, "__defaults__", (values,))
    folder, labels, scores, labelled = case
    table, summary = run(folder, threads=2)
    means = {}
    for prefix, rows in (("", slice(None)), ("labelled_", labelled)):
        own, ranked = labels[rows, :-1].T, scores[rows, :-1].T
        auroc = [roc_auc_score(*each) for each in zip(own, ranked, strict=True)]
        auprc = [average_precision_score(*each) for each in zip(own, ranked, strict=True)]
        np.testing.assert_allclose(table[f"{prefix}auroc"], [*auroc, np.nan], rtol=1e-6)
        np.testing.assert_allclose(table[f"{prefix}auprc"], [*auprc, np.nan], rtol=1e-6)
        assert table[f"{prefix}positives"].tolist() == labels[rows].sum(axis=0).tolist()
        prevalence = own.mean(axis=1)
        gain = np.array(auprc) / prevalence
        np.testing.assert_allclose(
            table[f"{prefix}auprc_over_prevalence"], [*gain, np.nan], rtol=1e-6
        )
        means[prefix] = np.mean(auroc), np.mean(auprc), np.median(auprc), prevalence.mean()
    assert set(table["bins"]) == {BINS} and set(table["labelled_bins"]) == {len(labelled)}
    assert (summary["bins"], summary["labelled_bins"]) == (BINS, len(labelled))
    assert summary["all"]["targets"] == TARGETS and summary["all"]["averaged"] == TARGETS - 1
    for prefix, key in (("", "all_bins"), ("labelled_", "labelled_bins")):
        own = summary["all"][key]
        found = own["auroc"]["mean"], own["auprc"]["mean"], own["auprc"]["median"]
        assert (*found, own["prevalence"]) == pytest.approx(means[prefix])
    assert {*summary["groups"]} == {"DNase", "TF"}


def test_memory_holds_a_block_of_targets(tmp_path, monkeypatch):
    """Not the scores of all targets: 16 times as many as in a block."""
    bins, targets = 20_000, 128
    generator = np.random.default_rng(1)
    labels = (generator.random((bins, targets)) < 0.1).astype(np.uint8)
    scores = generator.random((bins, targets), np.float32)
    loci = pd.DataFrame({"chromosome": "I", "start": range(bins)})
    loci["end"] = loci["start"] + 16
    write_store(tmp_path / "genome_wide.h5", labels, loci)
    write_store(tmp_path / "test.h5", labels[:500], loci[:500])
    with Store(tmp_path / "genome_wide.h5") as store:
        write_predictions(tmp_path / "predictions.h5", [(slice(0, bins), scores)], store, "digest")
    monkeypatch.setattr(genome_wide.target_blocks, "__defaults__", (8 * bins,))
    tracemalloc.start()
    try:
        run(tmp_path)
        highest = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert highest < scores.nbytes


def test_all_figures_are_legible(case):
    figures = saved_by(run, case[0])
    assert len(figures) == len(layout.FIGURES["evaluate_genome_wide"])
    for figure in figures:
        assert_legible(figure)


def test_labels_that_differ_from_those_of_the_test_split_are_refused(case):
    folder, labels, scores, labelled = case
    with Store(folder / "genome_wide.h5") as store:
        loci = store.loci()
    changed = labels.copy()
    changed[labelled[0], 7] ^= 1
    write_store(folder / "genome_wide.h5", changed, loci)
    write_scores(folder, scores)
    with pytest.raises(InputError, match=r"target t7: found .* positive labelled bins; expected"):
        run(folder)
    assert not (folder / "genome_wide").exists()


def test_predictions_of_another_store_are_refused(case):
    folder = case[0]
    (folder / "genome_wide.h5").rename(folder / "kept.h5")
    with Store(folder / "kept.h5") as store:
        loci, labels = store.loci(), store.labels()
    write_store(folder / "genome_wide.h5", labels[::-1], loci[::-1])
    with pytest.raises(InputError, match="of a store with the digest"):
        run(folder)


def test_bins_without_a_positive_are_refused(case):
    folder, labels, scores, _ = case
    with Store(folder / "genome_wide.h5") as store:
        loci = store.loci()
    write_store(folder / "genome_wide.h5", 0 * labels, loci)
    write_store(folder / "test.h5", 0 * labels[:9], loci[:9])
    write_scores(folder, scores)
    with pytest.raises(InputError, match="at least one target with both"):
        run(folder)
