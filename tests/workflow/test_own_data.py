"""Own data as a new user gives them: the example of the README, on a random genome."""

import random
import re

import pytest
import yaml
from workflows import ROOT, planned, snakemake

CHROMOSOMES = ("I", "IV", "IX", "X", "XV", "Mito")
ARABIC = {"I": 1, "IV": 4, "IX": 9, "X": 10, "XV": 15}
PROTEINS = ("Abf1", "Cbf1", "Rap1", "Reb1", "Ume6")


def example():
    """The configuration in the README."""
    section = (ROOT / "README.md").read_text().partition("## Your own genome and peaks\n")[2]
    return re.search(r"```yaml\n(.*?)```", section, re.DOTALL)[1]


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


def test_ten_lines_lead_from_a_genome_and_peaks_to_the_report(own):
    assert len(example().splitlines()) <= 10
    config = yaml.safe_load(example())
    status, said = snakemake(own, "--dry-run", config=config)
    assert status == 0, said
    jobs = planned(said)
    assert {dataset for _, dataset in jobs} == {"mine"}
    assert {"train", "explain", "motifs", "report"} <= {stage for stage, _ in jobs}
    assert "results/mine/compact" in said

    status, said = snakemake(own, "describe", config=config)
    assert status == 0, said
    targets = (own / "results" / "mine" / "logs" / "tile.log").read_text()
    assert "chr1 → I, chr4 → IV, chr9 → IX, chr10 → X, chr15 → XV" in targets
    assert "5 targets from 5 peak files" in targets


def test_without_splits_the_run_stops_and_prints_a_line_to_copy(own):
    text = "".join(line for line in example().splitlines(True) if "splits" not in line)
    status, said = snakemake(own, "tile", config=yaml.safe_load(text))
    assert status != 0
    line = re.search(r"splits: \{valid: .*\}", said)[0]
    # In the place of the line that was removed.
    status, said = snakemake(own, "tile", config=yaml.safe_load(f"{text}    {line}\n"))
    assert status == 0, said
