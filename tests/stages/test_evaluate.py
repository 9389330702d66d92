import json

import h5py
import numpy as np
import pandas as pd
import pytest
from figure_checks import assert_legible, saved_by
from scipy.special import logit
from scipy.stats import t
from sklearn.metrics import average_precision_score, roc_auc_score

from noncoding import layout
from noncoding.common.errors import InputError
from noncoding.data.store import BOTH, FORWARD, Store, StoreHeader, new_store
from noncoding.evaluation.bootstrap import read_replicates
from noncoding.settings.evaluate import EvaluateSettings
from noncoding.stages.evaluate import evaluate

NAMES = ("a", "b", "never")


def targets_of(names):
    groups = ["TF", "DNase", "TF"][: len(names)]
    return pd.DataFrame({"index": range(len(names)), "name": names, "group": groups})


def write_store(path, labels, strands=FORWARD):
    with new_store(path, StoreHeader(16, 8, strands, targets_of(NAMES), {})) as store:
        store.append(np.zeros((len(labels), 4, 16), np.uint8), labels)


def write_positives(path, positives, names=NAMES):
    targets_of(names).assign(train_positives=positives).to_csv(path, sep="\t", index=False)


def write_predictions(path, probability, rows):
    with Store(path.with_name("test.h5")) as store, h5py.File(path, "w") as file:
        file.attrs["store"] = store.digest
        file["probability"] = probability.astype(np.float32)
        file.attrs["store_rows"] = rows


@pytest.fixture
def case(tmp_path):
    """40 loci on both strands; the third target has no positive."""
    generator = np.random.default_rng(1)
    labels = generator.integers(0, 2, (40, 3), dtype=np.uint8) * np.array([1, 1, 0], np.uint8)
    scores = np.clip(0.5 * labels + 0.6 * generator.random((40, 3)), 0, 1).astype(np.float32)
    write_store(tmp_path / "test.h5", np.vstack([labels, labels]), BOTH)
    write_positives(tmp_path / "positives.tsv", [3, 9, 1])
    write_predictions(tmp_path / "predictions.h5", scores, 80)
    return tmp_path, labels, scores


def run(folder, curves=()):
    evaluate(
        folder / "predictions.h5",
        folder / "test.h5",
        folder / "positives.tsv",
        folder / "evaluation",
        EvaluateSettings(min_positives=1, replicates=50, curves=list(curves)),
        seed=1,
    )


def test_evaluation_agrees_with_scikit_learn(case):
    folder, labels, scores = case
    run(folder)
    targets_file, summary_file, replicates_file = layout.files("evaluate", folder / "evaluation")
    table = pd.read_csv(targets_file, sep="\t")
    auroc = [roc_auc_score(labels[:, i], scores[:, i]) for i in (0, 1)]
    auprc = [average_precision_score(labels[:, i], scores[:, i]) for i in (0, 1)]
    np.testing.assert_allclose(table["auroc"], [*auroc, np.nan], rtol=1e-6)
    np.testing.assert_allclose(table["auprc"], [*auprc, np.nan], rtol=1e-6)
    assert table["test_positives"].tolist() == labels.sum(axis=0).tolist()

    summary = json.loads(summary_file.read_text())
    assert summary["loci"] == 40
    assert summary["all"]["left_out"]["no_positives"] == [{"index": 2, "name": "never"}]
    assert summary["all"]["auroc"]["prevalence_weighted_mean"] == pytest.approx(
        (3 * auroc[0] + 9 * auroc[1]) / 12
    )
    # Intervals contain the mean and the metrics of targets.
    low, high = summary["all"]["auprc"]["mean_interval"]
    assert 0 < low < summary["all"]["auprc"]["mean"] < high < 1
    for metric in ("auroc", "auprc"):
        known = table.dropna(subset=f"{metric}_low")
        assert len(known) > 0
        assert (known[f"{metric}_low"] < known[metric]).all()
        assert (known[metric] < known[f"{metric}_high"]).all()
    assert table.loc[2, ["auroc_low", "auprc_high"]].isna().all()
    replicates = read_replicates(replicates_file)
    assert replicates.auroc.shape == replicates.auprc.shape == (50, 3)
    error = logit(replicates.auprc[:, :2].mean(axis=1)).std(ddof=1)
    # Without coordinates, two blocks of 20 loci; effective number by the rarer class.
    positives = labels[:, :2].reshape(2, 40).sum(axis=1, dtype=float)
    effective = min(n.sum() ** 2 / (n**2).sum() for n in (positives, 40 - positives))
    reach = t.ppf(0.975, effective - 1) * error
    assert summary["bootstrap"] == {"replicates": 50, "blocks": 2, "seed": 1}
    assert summary["interval_methods"]["auroc"] == "block bootstrap"
    np.testing.assert_allclose(
        logit(summary["all"]["auprc"]["mean_interval"]),
        logit(np.mean(auprc)) + np.array([-reach, reach]),
        rtol=1e-6,
    )


def test_all_figures_are_legible(case):
    figures = saved_by(run, case[0])
    assert len(figures) == len(layout.FIGURES["evaluate"])
    for figure in figures:
        assert_legible(figure)


def test_requested_targets_are_plotted(case):
    run(case[0], curves=["b"])
    figure = case[0] / "evaluation" / "figures" / "curves.svg"
    assert ">AUPR of b is" in figure.read_text()


@pytest.mark.parametrize(
    ("shape", "rows"), [((40, 2), 80), ((80, 3), 80), ((40, 3), 40), ((39, 3), 80)]
)
def test_predictions_of_another_store_are_refused(case, shape, rows):
    folder = case[0]
    write_predictions(folder / "predictions.h5", np.zeros(shape), rows)
    with pytest.raises(InputError, match="'predict' again"):
        run(folder)
    assert not (folder / "evaluation").exists()


def test_files_that_are_not_predictions_are_refused(case):
    folder = case[0]
    with h5py.File(folder / "predictions.h5", "w") as file:
        file.attrs["store_rows"] = 80
    with pytest.raises(InputError, match="'probability'"):
        run(folder)
    (folder / "predictions.h5").write_text("not HDF5")
    with pytest.raises(InputError, match="HDF5 cannot open"):
        run(folder)


def test_positives_of_other_targets_are_refused(case):
    folder = case[0]
    write_positives(folder / "positives.tsv", [2, 2], names=("a", "b"))
    with pytest.raises(InputError, match="same 3 targets"):
        run(folder)


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (0, "at least one target with both"),
        (1, "Add peak files of other factors or assays"),
    ],
)
def test_a_test_split_of_one_class_is_refused(case, label, message):
    folder = case[0]
    write_store(folder / "test.h5", np.full((80, 3), label, np.uint8), BOTH)
    write_predictions(folder / "predictions.h5", case[2], 80)
    with pytest.raises(InputError, match=message):
        run(folder)
