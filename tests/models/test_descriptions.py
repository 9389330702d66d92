import json
import shutil

import pandas as pd
import pytest
from toy_store import TABLE, export_toy_model

from noncoding.common.errors import InputError
from noncoding.models.descriptions import describe

AVERAGES = {"averaged": 3, "auprc": {"mean": 0.4}, "auroc": {"mean": 0.8}}


@pytest.fixture
def model(tmp_path):
    export_toy_model(tmp_path / "model")
    return tmp_path / "model"


def write_evaluation(folder):
    folder.mkdir()
    (folder / "summary.json").write_text(json.dumps({"all": AVERAGES, "loci": 7}))
    metrics = {"test_positives": [1, 2, 0], "auprc": [0.3, 0.5, None], "auroc": [0.7, 0.9, None]}
    TABLE.assign(**metrics).to_csv(folder / "targets.tsv", sep="\t", index=False)


def test_a_model_that_was_not_evaluated(model):
    described = describe(model)
    pd.testing.assert_frame_equal(described.targets, TABLE)
    assert described.test == {}
    assert described.validation("AUPR") is None
    assert (described.config["length"], described.training["bin"]) == (40, 20)


def test_an_evaluation_beside_the_model_or_within_it(model, tmp_path):
    write_evaluation(tmp_path / "evaluation")
    within = shutil.copytree(model, tmp_path / "copied" / "model")
    shutil.copytree(tmp_path / "evaluation", within / "evaluation")
    for folder in (model, within):
        described = describe(folder)
        assert described.test == AVERAGES | {"loci": 7}
        assert list(described.targets["test_positives"]) == [1, 2, 0]
        assert list(described.targets["test_auroc"][:2]) == [0.7, 0.9]
        assert described.targets["test_auprc"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize("content", ["{", "[]", '{"all": {}}'])
def test_a_damaged_evaluation_is_none(model, tmp_path, content):
    write_evaluation(tmp_path / "evaluation")
    (tmp_path / "evaluation" / "summary.json").write_text(content)
    assert describe(model).test == {}


def test_an_evaluation_of_other_targets_is_refused(model, tmp_path):
    write_evaluation(tmp_path / "evaluation")
    TABLE.assign(name=["a", "b", "z"]).to_csv(
        tmp_path / "evaluation" / "targets.tsv", sep="\t", index=False
    )
    with pytest.raises(InputError, match=r"evaluation/targets\.tsv: found 3 targets that are not"):
        describe(model)


@pytest.mark.parametrize("name", ["config.json", "training.json"])
@pytest.mark.parametrize("content", [None, "", "[]"])
def test_a_missing_or_damaged_record_is_refused(model, name, content):
    if content is None:
        (model / name).unlink()
    else:
        (model / name).write_text(content)
    with pytest.raises(InputError, match=rf"{name}: found a missing, truncated or damaged file"):
        describe(model)
