"""Labels and loci of blocks of targets, against whole arrays."""

import numpy as np
import pandas as pd
import pytest
from figure_checks import LONG_NAME, assert_legible, saved_by

from noncoding.common.errors import InputError
from noncoding.data.store import BOTH, FORWARD, Store, StoreHeader, new_store
from noncoding.evaluation import genome_wide
from noncoding.evaluation.genome_wide import (
    block_metrics,
    genome_wide_table,
    labelled_loci,
    labels_of_targets,
    summarise_genome_wide,
    target_blocks,
)
from noncoding.evaluation.genome_wide_figures import (
    auprc_finding,
    draw_auprc,
    draw_gain,
    gain_finding,
)

GROUPS = ("transcription factor", "DNase I hypersensitive site", "histone modification")


def write(path, labels, loci, strands=FORWARD, names=None):
    targets = pd.DataFrame({"index": range(labels.shape[1])})
    targets["name"] = names or [f"t{number}" for number in range(labels.shape[1])]
    targets["group"] = "TF"
    with new_store(path, StoreHeader(16, 8, strands, targets, {})) as store:
        store.append(np.zeros((len(labels), 4, 16), np.uint8), labels, loci)
    return path


def windows(*rows):
    """Windows of 16 bp: pairs of a chromosome and a start."""
    loci = pd.DataFrame(rows, columns=["chromosome", "start"])
    return loci.assign(end=loci["start"] + 16)


@pytest.mark.parametrize("values", [1, 500, 800, 10**9])
def test_blocks_of_targets_hold_few_scores_and_cover_all(values):
    blocks = list(target_blocks(50, 19, values))
    assert [target for block in blocks for target in range(19)[block]] == list(range(19))
    assert all(block.start % 8 == 0 for block in blocks)
    for block in blocks:
        width = block.stop - block.start
        assert width <= 8 or 50 * width <= values


@pytest.mark.parametrize("both", [False, True])
def test_labels_of_targets_are_columns_of_all_labels(tmp_path, monkeypatch, both):
    monkeypatch.setattr(genome_wide, "_ROWS", 7)
    labels = np.random.default_rng(0).integers(0, 2, (30, 19), dtype=np.uint8)
    rows = np.vstack([labels, labels]) if both else labels
    loci = windows(*[("a", 8 * number) for number in range(30)])
    loci = pd.concat([loci, loci]) if both else loci
    path = write(tmp_path / "all.h5", rows, loci, BOTH if both else FORWARD)
    with Store(path) as store:
        for block in (slice(0, 19), slice(0, 8), slice(8, 16), slice(16, 19), slice(8, 19)):
            np.testing.assert_array_equal(labels_of_targets(store, block), labels[:, block])


def test_labelled_loci_are_those_with_a_label_in_the_test_split(tmp_path, monkeypatch):
    monkeypatch.setattr(genome_wide, "_ROWS", 2)
    loci = windows(("a", 0), ("a", 8), ("a", 16), ("b", 0), ("b", 8), ("b", 16))
    labels = np.array([[0, 0], [1, 0], [0, 1], [0, 0], [1, 1], [1, 0]], np.uint8)
    whole = write(tmp_path / "all.h5", labels, loci)
    # In another order, on both strands, with two negatives and without the last labelled bin.
    chosen = [4, 0, 2, 3, 1]
    twice = pd.concat([loci.iloc[chosen]] * 2)
    test = write(tmp_path / "test.h5", np.vstack([labels[chosen]] * 2), twice, BOTH)
    with Store(whole) as store, Store(test) as split:
        assert labelled_loci(store, split).tolist() == [1, 2, 4]
    few = write(tmp_path / "few.h5", labels[2:], loci[2:])
    nowhere = write(tmp_path / "nowhere.h5", labels, None)
    for path, message in (
        (few, r"few.h5: found no window a:8-24, and 0 others"),
        (nowhere, "without coordinates"),
    ):
        with (
            Store(path) as store,
            Store(test) as split,
            pytest.raises(InputError, match=message),
        ):
            labelled_loci(store, split)
    with Store(whole) as store, Store(test) as split:
        split.targets["name"] = ["other", "names"]
        with pytest.raises(InputError, match="not those of the test split"):
            labelled_loci(store, split)


def example(count, loci=600):
    """Metrics of targets with long names in three groups; four of five bins have no label."""
    generator = np.random.default_rng(0)
    table = pd.DataFrame({"index": range(count)})
    table["name"] = [f"{LONG_NAME} {number}" for number in range(count)]
    table["group"] = [GROUPS[number % 3] for number in range(count)]
    labelled = np.arange(0, loci, 5)
    labels = np.zeros((loci, count), np.uint8)
    labels[labelled] = generator.random((len(labelled), count)) < 0.3
    scores = generator.random(labels.shape) + labels * generator.uniform(0, 1, count)
    return genome_wide_table(table, [block_metrics(labels, scores, labelled)])


def test_averages_are_over_the_same_targets():
    """A target that is positive in all labelled bins is averaged on neither set of bins."""
    labels = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0]], np.uint8)
    scores = np.array([[0.9, 0.3, 0.1], [0.8, 0.5, 0.2], [0.1, 0.4, 0.3], [0.2, 0.1, 0.4]])
    table = pd.DataFrame(
        {"index": range(3), "name": list("abc"), "group": ["TF", "DNase", "DNase"]}
    )
    metrics = genome_wide_table(table, [block_metrics(labels, scores, np.array([0, 1]))])
    assert metrics["positives"].tolist() == [2, 1, 0]
    assert metrics["labelled_positives"].tolist() == [2, 1, 0]
    assert metrics["bins"].tolist() == [4] * 3 and metrics["labelled_bins"].tolist() == [2] * 3
    summary = summarise_genome_wide(metrics)
    assert (summary["all"]["targets"], summary["all"]["averaged"]) == (3, 1)
    # Of b: the positive has the third highest score of all, and the second of labelled bins.
    assert summary["all"]["all_bins"] == {
        "prevalence": 0.25,
        "auroc": {"mean": pytest.approx(1 / 3), "median": pytest.approx(1 / 3)},
        "auprc": {"mean": pytest.approx(1 / 3), "median": pytest.approx(1 / 3)},
        "auprc_over_prevalence": pytest.approx(4 / 3),
    }
    assert summary["all"]["labelled_bins"]["auprc"]["mean"] == 0.5
    assert summary["all"]["labelled_bins"]["prevalence"] == 0.5
    assert summary["groups"]["DNase"]["all_bins"] == summary["all"]["all_bins"]
    # Of the other group, no target has metrics on labelled bins.
    alone = summary["groups"]["TF"]
    assert alone["averaged"] == 1 and alone["all_bins"]["auprc"]["mean"] == 1
    assert alone["labelled_bins"] == {
        "prevalence": None,
        "auroc": {"mean": None, "median": None},
        "auprc": {"mean": None, "median": None},
        "auprc_over_prevalence": None,
    }


def test_titles_state_medians():
    metrics = pd.DataFrame(
        {
            "auroc": [0.9, 0.9, 0.9, 0.9],
            "auprc": [0.1, 0.2, 0.3, 0.4],
            "prevalence": [0.01, 0.01, 0.02, 0.02],
            "auprc_over_prevalence": [10, 20, 15, 20],
            "labelled_auroc": [0.9, 0.9, 0.9, np.nan],
            "labelled_auprc": [0.3, 0.4, 0.6, np.nan],
            "labelled_prevalence": [0.1, 0.1, 0.2, 1],
            "labelled_auprc_over_prevalence": [3, 4, 30, np.nan],
        }
    )
    omitted = "1 target without positives or without negatives not shown"
    assert auprc_finding(metrics) == (
        "Median AUPR: 0.400 on labelled bins, 0.200 on all bins",
        f"3 targets; median prevalence 10 % of labelled bins, 1 % of all bins; {omitted}",
    )
    assert gain_finding(metrics) == (
        "Median ratio of AUPR to prevalence: 4 on labelled bins, 15 on all bins",
        f"higher on all bins for 2 of 3 targets; {omitted}",
    )


@pytest.mark.parametrize("count", [1, 30, 300])
def test_figures_of_many_targets_with_long_names_are_legible(tmp_path, count):
    metrics = example(count)
    for draw in (draw_auprc, draw_gain):
        [figure] = saved_by(draw, metrics, tmp_path / "one.svg")
        assert_legible(figure)
        points = [line for line in figure.axes[0].lines if line.get_marker() != "None"]
        assert sum(len(line.get_xdata()) for line in points) == count


def test_figures_without_a_comparable_target_are_legible(tmp_path):
    metrics = example(3).assign(labelled_auroc=np.nan, labelled_auprc=np.nan)
    for draw in (draw_auprc, draw_gain):
        [figure] = saved_by(draw, metrics, tmp_path / "one.svg")
        assert_legible(figure)
        assert "No target has both" in figure.get_suptitle()
