import io
import json

import pandas as pd
import pytest
from toy_store import export_toy_model
from typer.testing import CliRunner

from noncoding.cli.app import app
from noncoding.models.shipped import shipped_models


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, ["models", *arguments])


def test_the_list_has_shipped_and_local_models_with_their_figures(run, tmp_path):
    export_toy_model(tmp_path / "results" / "toy" / "tiny" / "model")
    done = run()
    assert done.exit_code == 0
    header, *rows = [line.split("  ") for line in done.stdout.splitlines()]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in (header, *rows)]
    by_model = {row[0]: dict(zip(cells[0], row, strict=True)) for row in cells[1:]}
    assert list(by_model) == ["yeast", "results/toy/tiny/model"]
    summary = json.loads((shipped_models()["yeast"] / "evaluation/summary.json").read_text())
    yeast, toy = by_model.values()
    assert yeast["targets"] == "256"
    assert yeast["test AUPR"] == f"{summary['all']['auprc']['mean']:.3f}"
    assert yeast["test AUROC"] == f"{summary['all']['auroc']['mean']:.3f}"
    assert (toy["data set"], toy["window"], toy["bin"]) == ("toy", "40 bp", "20 bp")
    assert toy["valid. AUPR"] == toy["test AUROC"] == "–"


def test_models_of_another_folder_are_listed(run, tmp_path):
    export_toy_model(tmp_path / "elsewhere" / "mine")
    done = run("--results", "elsewhere")
    assert "elsewhere/mine" in done.stdout
    assert "elsewhere/mine" not in run().stdout


def test_a_damaged_model_is_named_and_the_others_are_listed(run, tmp_path):
    for name in ("damaged", "sound"):
        export_toy_model(tmp_path / "results" / name)
    (tmp_path / "results" / "damaged" / "training.json").write_text("{")
    done = run()
    assert done.exit_code == 0
    assert "results/damaged/training.json: found a missing, truncated or damaged" in done.stderr
    assert "results/damaged" not in done.stdout
    assert "results/sound" in done.stdout


def test_one_model_is_described(run):
    done = run("yeast")
    assert done.exit_code == 0
    assert str(shipped_models()["yeast"]) in done.stdout
    assert "256: 256 TF" in done.stdout
    assert "the central 200 bp" in done.stdout


def test_its_targets_are_a_table(run):
    done = run("yeast", "--targets")
    table = pd.read_csv(io.StringIO(done.stdout), sep="\t")
    columns = ["index", "name", "group", "test_positives", "test_auprc", "test_auroc"]
    assert list(table) == columns
    assert list(table["index"]) == list(range(256))
    assert table["name"][120] == "Reb1"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["yeas"], "yeas: found no such folder or model; "),
        (["--targets"], "--targets: found no model; "),
    ],
)
def test_errors_have_one_line_and_status_1(run, arguments, message):
    done = run(*arguments)
    assert done.exit_code == 1
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert f"ERROR {message}" in line
