"""The subcommand ``predict``: exit codes, messages and the help."""

import json
import os
import re
import shutil
from contextlib import nullcontext

import pandas as pd
import pytest
from permissions import unprivileged
from toy_genome import random_genome, write_fasta
from toy_store import export_toy_model
from typer.testing import CliRunner

from noncoding.cli.app import app


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported") / "model"
    export_toy_model(folder)
    return folder


@pytest.fixture
def folder(exported, tmp_path, monkeypatch):
    """The working directory, with a model, a genome and regions."""
    shutil.copytree(exported, tmp_path / "model")
    write_fasta(tmp_path / "g.fa", random_genome(chrI=1900, chrII=95))
    (tmp_path / "r.bed").write_text("chrI\t10\t90\tx\nchr2\t10\t50\ty\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(app, ["predict", *arguments], catch_exceptions=False)


def predicted(*arguments):
    done = run("-m", "model", "-o", "o.tsv", *arguments)
    assert done.exit_code == 0, done.stderr
    return pd.read_csv("o.tsv", sep="\t"), done.stderr


def test_regions_are_predicted(folder):
    table, log = predicted("-g", "g.fa", "--bed", "r.bed")
    assert list(table.columns) == ["chromosome", "start", "end", "region", "a", "b", "c"]
    assert table["region"].tolist() == ["x", "y"]
    assert table["chromosome"].tolist() == ["chrI", "chrII"]
    assert "chr2 → chrII" in log
    assert "RESULT o.tsv: 2 windows × 3 targets, averaged over both strands" in log
    # Plain lines of a log, and no bar, where there is no terminal.
    assert all(re.match(r"\d\d:\d\d:\d\d [A-Z]+ ", line) for line in log.splitlines())


def test_options(folder):
    both, _ = predicted("-g", "g.fa", "--bed", "r.bed")
    forward, log = predicted("-g", "g.fa", "--bed", "r.bed", "--forward-strand")
    assert "of the forward strand" in log
    assert (both["a"] != forward["a"]).all()
    shifted, _ = predicted(
        "-g", "g.fa", "--bed", "r.bed", "--shifts", "-10,0,10", "-b", "1", "--device", "cpu"
    )
    assert (both["a"] != shifted["a"]).all()
    table, _ = predicted("-g", "g.fa", "--bed", "r.bed", "-t", "TF,2", "-t", "a", "--long")
    assert table["target"].tolist() == ["a", "b", "c"] * 2
    table, _ = predicted("-g", "g.fa", "--bed", "r.bed", "--tile", "--stride", "40")
    assert table["start"].tolist() == [0, 40, 80, 0, 40]
    table, _ = predicted("--fasta", "g.fa", "--exclude", "r.bed", "--targets", "?")
    assert table.groupby("chromosome")["start"].min().to_dict() == {"chrI": 100, "chrII": 60}
    table, _ = predicted("-g", "g.fa", "--whole-genome")
    assert len(table) == 95 + 4


def test_commas_separate_regions_and_may_be_in_numbers(folder):
    table, _ = predicted(
        *("-g", "g.fa", "--regions", "chrI:1,001-1,040,chrII", "--regions", "chrI:1-20")
    )
    assert table["region"].unique().tolist() == ["chrI:1001-1040", "chrII:1-95", "chrI:1-20"]


INVALID = {
    "no source": (["-g", "g.fa"], "options: found no regions; expected exactly one of bed, "),
    "two sources": (["-g", "g.fa", "--bed", "r.bed", "--whole-genome"], "bed and whole_genome"),
    "no genome": (["--bed", "r.bed"], "--genome: found neither; expected a genome"),
    "a genome and sequences": (["-g", "g.fa", "--fasta", "g.fa"], "found a genome and fasta"),
    "summits without a file": (["-g", "g.fa", "--whole-genome", "--summit"], "--summit: "),
    "summits of tiles": (["-g", "g.fa", "--bed", "r.bed", "--summit", "--tile"], "not both"),
    "a stride of centres": (["-g", "g.fa", "--bed", "r.bed", "--stride", "9"], "--stride: found 9"),
    "shifts": (["-g", "g.fa", "--bed", "r.bed", "--shifts", "0,x"], "--shifts: found '0,x'"),
    "equal shifts": (["-g", "g.fa", "--bed", "r.bed", "--shifts", "0,0"], "no entry twice"),
    "shifts out of the window": (
        ["-g", "g.fa", "--bed", "r.bed", "--shifts", "0,-21"],
        "shifts: found -21 bp; expected at most 20 bp",
    ),
    "a folder": (["-g", "g.fa", "--bed", "model"], "model: found a folder"),
    "a target": (["-g", "g.fa", "--bed", "r.bed", "-t", "q"], "found 'q', which matches no target"),
    "a file": (["-g", "g.fa", "--bed", "no.bed"], "no.bed: found no such file"),
    "a suffix": (["-g", "g.fa", "--bed", "r.bed", "-o", "o.txt"], "o.txt: found the suffix '.txt'"),
    "a model": (["-m", "none", "-g", "g.fa", "--bed", "r.bed"], "none: found no such folder"),
}


@pytest.mark.parametrize("case", INVALID)
def test_invalid_options_exit_with_status_1_and_a_message(folder, case):
    arguments, message = INVALID[case]
    done = run(*("-m", "model", "-o", "o.tsv"), *arguments)
    assert done.exit_code == 1
    [line] = [line for line in done.stderr.splitlines() if "ERROR" in line]
    assert message in line
    assert sorted(path.name for path in folder.iterdir()) == ["g.fa", "model", "r.bed"]


@pytest.mark.parametrize(
    ("option", "others"),
    [
        ("--bed", ["-g", "g.fa"]),
        ("--exclude", ["-g", "g.fa", "--whole-genome"]),
        ("--genome", ["--bed", "r.bed"]),
        ("--fasta", []),
    ],
)
def test_pipes_and_unreadable_files_are_refused_with_a_remedy(folder, option, others):
    os.mkfifo("pipe")  # no process writes to it: opened, it would block
    (folder / "closed").write_text("chrI\t10\t90\n")
    (folder / "closed").chmod(0)
    folder.chmod(0o777)
    for name, found, remedy in (
        ("pipe", "a pipe", "Save the input to a file"),
        ("-", "no such file", "Save the input to a file"),
        ("closed", "a file that you may not read", "Change its owner or permissions."),
    ):
        # Root may read any file; imports, all of which the first call makes, may need its folders.
        with unprivileged() if name == "closed" else nullcontext():
            done = run("-m", "model", "-o", "o.tsv", option, name, *others)
        assert done.exit_code == 1
        assert f"ERROR {name}: found {found}; expected a " in done.stderr
        assert remedy in done.stderr


@pytest.mark.parametrize("option", ["--bed", "--exclude"])
def test_an_input_is_not_overwritten(folder, option):
    text = (folder / "r.bed").rename("r.tsv").read_text()
    others = ["--whole-genome"] if option == "--exclude" else []
    done = run(*("-m", "model", "-g", "g.fa", option, "r.tsv", "-o", "./r.tsv"), *others)
    assert done.exit_code == 1
    assert "r.tsv: found a file that is read" in done.stderr
    assert (folder / "r.tsv").read_text() == text


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "targets.tsv"])
def test_an_incomplete_model_is_refused(folder, name):
    (folder / "model" / name).unlink()
    done = run(*("-m", "model", "-g", "g.fa", "--bed", "r.bed", "-o", "o.tsv"))
    assert done.exit_code == 1
    assert name in done.stderr
    assert "expected" in done.stderr


def test_a_model_of_another_alphabet_or_without_a_bin_is_refused(folder):
    for name, key, value in (("training", "bin", None), ("config", "alphabet", "ACGU")):
        path = folder / "model" / f"{name}.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
        done = run(*("-m", "model", "-g", "g.fa", "--bed", "r.bed", "-o", "o.tsv"))
        assert done.exit_code == 1
        assert f"{name}.json: found" in done.stderr
        assert key in done.stderr


def test_the_help_has_examples(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")
    done = run("--help")
    assert done.exit_code == 0
    assert "noncoding predict -m yeast -g yeast.fa --bed peaks.bed -o peaks.tsv" in done.stdout
    for option in ("--bed", "--whole-genome", "--targets", "--device", "--batch-size"):
        assert option in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "…" not in done.stdout
