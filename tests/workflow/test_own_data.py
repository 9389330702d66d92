"""Own data as a new user gives them: the examples of README and tutorial, on a random genome."""

import random
import re
import shlex

import pytest
import yaml
from typer.testing import CliRunner
from workflows import ROOT, planned, snakemake

from noncoding.cli.app import app

CHROMOSOMES = ("I", "IV", "IX", "X", "XV", "Mito")
ARABIC = {"I": 1, "IV": 4, "IX": 9, "X": 10, "XV": 15}
PROTEINS = ("Abf1", "Cbf1", "Rap1", "Reb1", "Ume6")


SECTION = (ROOT / "README.md").read_text().partition("## Your own genome and peaks\n")[2]
TUTORIAL = (ROOT / "docs" / "tutorials" / "own_peaks.md").read_text()


def example():
    """The configuration in the README."""
    return re.search(r"```yaml\n(.*?)```", SECTION, re.DOTALL)[1]


@pytest.fixture
def own(tmp_path):
    """A folder with a genome and five peak files, as the commands of the README download them."""
    draw = random.Random(1)
    length = 30_000
    (tmp_path / "genome.fa.gz").write_text(
        "".join(f">{name}\n{''.join(draw.choices('ACGT', k=length))}\n" for name in CHROMOSOMES)
    )
    (tmp_path / "peaks").mkdir()
    for protein in PROTEINS:
        peaks = [(number, draw.randrange(length)) for number in ARABIC.values() for _ in range(9)]
        text = "".join(f"chr{number}\t{start}\t{start + 1}\n" for number, start in peaks)
        (tmp_path / "peaks" / f"{protein}.bed").write_text(text)
    return tmp_path


def test_the_command_and_ten_lines_lead_from_a_genome_and_peaks_to_the_report(own, monkeypatch):
    monkeypatch.chdir(own)
    command = re.search(r"^\.venv/bin/noncoding (init .*genome\.fa\.gz.*)$", TUTORIAL, re.MULTILINE)
    done = CliRunner().invoke(app, shlex.split(command[1]))
    assert done.exit_code == 0, done.stderr
    written = (own / "mine.yaml").read_text()
    for text in (written, example()):
        assert len([line for line in text.splitlines() if not line.strip().startswith("#")]) <= 10
    found, shown = (yaml.safe_load(text)["datasets"]["mine"] for text in (written, example()))
    assert found.keys() == shown.keys()
    for key in ("source", "fasta", "peaks"):
        assert found[key] == shown[key]
    assert found["chromosome_map"].items() <= shown["chromosome_map"].items()

    status, said = snakemake(own, "--configfile", "mine.yaml", "--dry-run")
    assert status == 0, said
    jobs = planned(said)
    assert {dataset for _, dataset in jobs} == {"mine"}
    assert {"train", "explain", "motifs", "report"} <= {stage for stage, _ in jobs}
    assert "results/mine/compact" in said

    status, said = snakemake(own, "describe", "--configfile", "mine.yaml")
    assert status == 0, said
    log = (own / "results" / "mine" / "logs" / "tile.log").read_text()
    assert "5 targets from 5 peak files" in log


def test_names_of_chromosomes_are_matched_without_a_map(own):
    config = yaml.safe_load(example())
    del config["datasets"]["mine"]["chromosome_map"]
    status, said = snakemake(own, "describe", config=config)
    assert status == 0, said
    log = (own / "results" / "mine" / "logs" / "tile.log").read_text()
    assert "chr1 → I, chr4 → IV, chr9 → IX, chr10 → X, chr15 → XV" in log


def test_without_splits_the_run_stops_and_prints_a_line_to_copy(own):
    text = "".join(line for line in example().splitlines(True) if "splits" not in line)
    status, said = snakemake(own, "tile", config=yaml.safe_load(text))
    assert status != 0
    line = re.search(r"splits: \{valid: .*\}", said)[0]
    # In the place of the line that was removed.
    status, said = snakemake(own, "tile", config=yaml.safe_load(f"{text}    {line}\n"))
    assert status == 0, said
