"""Invalid configurations and inputs stop a run before any job, with a message."""

import shutil

import pytest
from toy_inputs import GENOME, SIMULATED
from workflows import ROOT, snakemake, tiny


def test_braces_in_the_path_of_the_pipeline_are_refused(tmp_path):
    pipeline = tmp_path / "pipe{line}"
    shutil.copytree(ROOT, pipeline, ignore=lambda *_: {".venv", ".git", "results", "tests", "docs"})
    status, said = snakemake(tmp_path, "--dry-run", pipeline=pipeline)
    assert status != 0
    assert "found a folder with braces" in said
    assert "NameError" not in said


def test_braces_in_file_names_are_refused(genome, tmp_path):
    (tmp_path / "peaks" / "p.bed").rename(tmp_path / "peaks" / "p{x}.bed")
    status, said = snakemake(tmp_path, "tile", "--dry-run", config=tiny(own=genome))
    assert status != 0
    assert "peaks/p{x}.bed: found a name with braces" in said
    assert "Traceback" not in said


def test_an_unreadable_table_stops_the_run_before_any_job(genome, tmp_path):
    (tmp_path / "table.tsv").write_bytes(b"path\tname\npeaks/q.bed\tCaf\xe9\n")
    config = tiny(own=genome | {"peaks": {"table": "table.tsv"}})
    status, said = snakemake(tmp_path, "tile", "--dry-run", config=config)
    assert status != 0
    assert "table.tsv, line 2: found the byte 0xe9, which is not UTF-8" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("change", "fragment"),
    [
        ({"splits": {"train": ["one"], "valid": ["two"], "test": ["chrX"]}}, "chrX"),
        ({"peaks": GENOME["peaks"] | {"pattern": "*.bam", "suffix": ".bam"}}, "*.bam"),
        ({"exclude": ["no.bed"]}, "configuration, key datasets.own.exclude: found 'no.bed', which"),
    ],
)
def test_missing_genome_inputs_are_named(genome, tmp_path, change, fragment):
    status, said = snakemake(tmp_path, "tile", config=tiny(own=genome | change))
    assert status != 0
    assert fragment in said
    assert not list(tmp_path.rglob("*.h5"))


def test_invalid_bed_files_are_named(genome, tmp_path):
    (tmp_path / "peaks" / "q.bed").write_text("one\t5\tsix\n")
    status, said = snakemake(tmp_path, "tile", config=tiny(own=genome))
    assert status != 0
    assert "q.bed, line 1" in said


def test_a_misspelt_key_stops_the_run_before_any_job(tmp_path):
    status, said = snakemake(tmp_path, config={"trian": {}})
    assert status != 0
    assert "Did you mean 'train'?" in said
    assert not (tmp_path / "results").exists()


def test_a_duplicate_key_stops_the_run_before_any_job(tmp_path):
    (tmp_path / "twice.yaml").write_text("seed: 1\ntrain: {epochs: 1}\nseed: 2\n")
    status, said = snakemake(tmp_path, "--configfile", "twice.yaml")
    assert status != 0
    assert "twice.yaml, line 3: found the key 'seed' a second time (first in line 1)" in said
    assert not (tmp_path / "results").exists()


def test_command_line_values_are_yaml_and_home_folders_are_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    values = ("--config", "results=~/out/", "train={epochs: 3}", "mirror=null")
    status, said = snakemake(tmp_path, "simulate", *values, config=tiny(sim=SIMULATED))
    assert status == 0, said
    assert (tmp_path / "home" / "out" / "sim" / "simulated" / "bundle.tar.gz").exists()


@pytest.mark.parametrize("occupied", ["results", "results/sim", "results/sim/logs"])
def test_a_file_in_place_of_a_folder_is_refused(tmp_path, occupied):
    path = tmp_path / occupied
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    status, said = snakemake(tmp_path, "simulate", config=tiny(sim=SIMULATED))
    assert status != 0
    assert f"{occupied}: found a file; expected a folder, or no file" in said
    assert "asyncio" not in said


def test_an_unwritable_lock_record_is_reported(tmp_path):
    (tmp_path / ".snakemake" / "holder.json").mkdir(parents=True)
    status, said = snakemake(tmp_path, "simulate", config=tiny(sim=SIMULATED))
    assert status != 0
    assert "holder.json: found a folder; expected a file, or nothing" in said
