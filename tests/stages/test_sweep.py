import json

import pandas as pd
import pytest

from noncoding import layout
from noncoding.common.errors import InputError
from noncoding.stages.sweep import Run, sweep


@pytest.fixture
def runs(tmp_path):
    made = []
    for dataset in ("yeast", "simulated"):
        for model, auprc in (("small", 0.3), ("large", 0.4)):
            for seed in (1, 2, 3):
                path = tmp_path / f"{dataset}-{model}-{seed}.json"
                metrics = {"auprc": {"mean": auprc + 0.01 * seed}, "auroc": {"median": 0.9}}
                path.write_text(json.dumps({"all": {"averaged": 8, **metrics}}))
                made.append(Run(dataset, model, seed, path))
    return made


def test_each_training_is_a_row_and_each_model_a_mean(runs, tmp_path):
    sweep(runs, tmp_path / "sweep")
    runs_file, models_file = layout.files("sweep", tmp_path / "sweep")
    table = pd.read_csv(runs_file, sep="\t")
    assert list(table) == ["dataset", "model", "seed", "targets", "auprc", "auroc"]
    assert table.iloc[4].tolist() == ["yeast", "large", 2, 8, 0.42, 0.9]
    means = pd.read_csv(models_file, sep="\t").set_index(["dataset", "model"])
    assert means.loc[("yeast", "large"), ["seeds", "auprc", "auprc_sd"]].tolist() == [3, 0.42, 0.01]
    [figure] = layout.figures("sweep", tmp_path / "sweep")
    assert all(path.exists() for path in figure)


@pytest.mark.parametrize("content", [None, "", "[]", "{}"])
def test_a_file_that_is_not_a_summary_is_refused(tmp_path, content):
    path = tmp_path / "summary.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match="Run the stage 'evaluate' again"):
        sweep([Run("yeast", "small", 1, path)], tmp_path / "sweep")
    assert not (tmp_path / "sweep").exists()
