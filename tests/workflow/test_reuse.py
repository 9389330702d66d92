"""A run as others use it: in a report, inside of another workflow, from a cache."""

import zipfile

from toy_bundle import ROWS
from workflows import ROOT, snakemake, tiny, written

from noncoding.data.store import Store

# Windows of 40 bp are too short for figures of motifs.
CATEGORIES = ("Data", "Training", "Evaluation", "Comparison", "Explanation", "Page")


def test_snakemakes_report_has_captions_and_categories(finished, tmp_path):
    folder = finished.copied(tmp_path / "run")
    status, said = snakemake(
        folder, "--report", "report.zip", config=finished.config, pipeline=folder
    )
    assert status == 0, said[-3000:]
    with zipfile.ZipFile(folder / "report.zip") as archive:
        names = " ".join(archive.namelist())
        # Our own page stands in it, too, and says much of the same.
        own = [name for name in archive.namelist() if "/data/raw/" not in name]
        text = "".join(archive.read(name).decode(errors="ignore") for name in own)
    for category in CATEGORIES:
        assert f'"{category}"' in text, category
    assert "validation of the maps" in text
    assert "learning_curve.svg" in names + text
    assert "faithfulness.svg" in names + text


IMPORTING = """
configfile: "{root}/config.yaml"
configfile: "over.yaml"


module noncoding:
    snakefile:
        "{root}/Snakefile"
    config:
        config
    prefix:
        "dna"


use rule * from noncoding exclude all as noncoding_*


rule mine:
    input:
        "dna/results/own/report.html",
    output:
        "mine.txt",
    shell:
        "cp {{input}} {{output}}"
"""


def test_the_workflow_can_be_imported_with_a_prefix(genome, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    genome["fasta"]["url"] = str(tmp_path / "genome.fa")
    genome["peaks"]["folder"] = str(tmp_path / "peaks")
    written(tiny(own=genome), folder)
    (folder / "Snakefile").write_text(IMPORTING.format(root=ROOT))
    triggers = ["--rerun-triggers", "input", "mtime", "params", "software-env"]
    status, said = snakemake(folder, "mine.txt", *triggers, pipeline=folder)
    assert status == 0, said[-5000:]
    assert (folder / "mine.txt").stat().st_size
    assert sorted(path.name for path in folder.iterdir() if path.is_dir()) == [".snakemake", "dna"]
    _, said = snakemake(folder, "mine.txt", "--dry-run", *triggers, pipeline=folder)
    assert "Nothing to be done" in said


def test_fetch_and_convert_come_from_the_cache_of_another_run(bundle, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    cache.mkdir()
    monkeypatch.setenv("SNAKEMAKE_OUTPUT_CACHE", str(cache))
    cached = ["--cache", "fetch_file", "convert_split", "--"]
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir()
        path = written(tiny(toy=bundle), folder)
        status, said = snakemake(folder, "--configfile", str(path), *cached, "convert")
        assert status == 0, said[-3000:]
        made = said.count("to cache.")
        # The archive and three stores.
        assert made == (4 if name == "first" else 0), said[-3000:]
        rows = [Store(folder / f"results/toy/data/{split}.h5").rows for split in ROWS]
        assert rows == list(ROWS.values())
    assert len(list(cache.iterdir())) == 4
