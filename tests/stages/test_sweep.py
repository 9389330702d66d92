"""Trainings of several seeds beside each other."""

import json

import numpy as np
import pandas as pd
import pytest
from figure_checks import assert_legible, saved_by
from scipy import stats

from noncoding.common.errors import InputError
from noncoding.evaluation.sweep_figure import sweep_finding
from noncoding.stages.sweep import Run, SweepOutputs, sweep


@pytest.fixture
def runs(tmp_path):
    made = []
    generator = np.random.default_rng(0)
    for dataset in ("yeast", "simulated"):
        for model, centre in (("small", 0.3), ("large", 0.4)):
            for seed in (1, 2, 3):
                path = tmp_path / f"{dataset}-{model}-{seed}.json"
                auprc = centre + 0.01 * generator.normal()
                averages = {"averaged": 8, "auprc": {"mean": auprc}, "auroc": {"median": 0.9}}
                path.write_text(json.dumps({"all": averages}))
                made.append(Run(dataset, model, seed, path))
    return made


@pytest.fixture
def outputs(tmp_path):
    figure = [tmp_path / "sweep.svg", tmp_path / "sweep.png"]
    return SweepOutputs(tmp_path / "runs.tsv", tmp_path / "models.tsv", figure)


def test_means_and_intervals_are_those_of_the_seeds(runs, outputs):
    [figure] = saved_by(sweep, runs, outputs)
    assert_legible(figure)
    table = pd.read_csv(outputs.runs, sep="\t")
    assert len(table) == 12
    means = pd.read_csv(outputs.models, sep="\t").set_index(["dataset", "model"])
    own = table[(table["dataset"] == "yeast") & (table["model"] == "large")]["auprc"]
    row = means.loc[("yeast", "large")]
    assert row["seeds"] == 3
    assert row["auprc"] == pytest.approx(own.mean(), abs=1e-5)
    assert row["auprc_sd"] == pytest.approx(own.std(), abs=1e-5)
    low, high = stats.t.interval(0.95, 2, loc=own.mean(), scale=stats.sem(own))
    assert (row["auprc_low"], row["auprc_high"]) == pytest.approx((low, high), abs=1e-5)
    assert all(path.exists() for path in outputs.figure)
    assert sweep_finding(means.reset_index()).startswith("large has the highest mean AUPR on yeast")


def test_one_seed_has_no_interval(runs, outputs):
    sweep(runs[:1], outputs)
    [row] = pd.read_csv(outputs.models, sep="\t").to_dict("records")
    assert row["seeds"] == 1 and np.isnan(row["auprc_sd"]) and np.isnan(row["auprc_low"])


def test_a_summary_that_is_missing_is_told(runs, outputs, tmp_path):
    with pytest.raises(InputError, match="Run the stage 'evaluate' again"):
        sweep([Run("yeast", "small", 1, tmp_path / "none.json")], outputs)
    assert not outputs.runs.exists()
