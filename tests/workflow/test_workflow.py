"""The workflow as a user runs it: from files and a server to a report."""

import copy
import json
import re
import subprocess
import sys
import tarfile
import zipfile

import h5py
import numpy as np
import pandas as pd
import pysam
import pytest
from toy_bundle import TARGETS, toy_rows
from toy_inputs import SIMULATED, write_applied, write_genome
from workflows import BELOW, ROOT, SECRET, STAGES, planned, snakemake, tiny, written

from noncoding import layout
from noncoding.data.store import Store
from noncoding.layout import MODEL_FILES


def test_a_run_from_download_to_report(finished):
    results = finished.folder / "results" / "toy"
    assert f"Report: {results / 'report.html'}" in finished.said
    table = pd.read_csv(results / "toy" / "evaluation" / "targets.tsv", sep="\t")
    wanted = ["index", "name", "group", "test_positives", "test_negatives", "auroc", "auprc"]
    assert set(wanted) <= set(table.columns)
    assert len(table) == TARGETS
    summary = json.loads((results / "toy" / "evaluation" / "summary.json").read_text())
    assert summary["all"]["targets"] == TARGETS
    with h5py.File(results / "toy" / "predictions.h5") as file:
        assert file["probability"].shape == (4, TARGETS)
    # The unpacked .mat files were temporary; the archive is kept, with its digest and lock.
    kept = sorted(path.name for path in (results / "raw").iterdir())
    assert kept == ["archive.sha256", "toy.tar.gz", "toy.tar.gz.lock.json"]
    assert not list(results.rglob("*unfinished"))


def test_the_terminal_shows_one_line_per_job_and_a_table(finished):
    lines = finished.said.splitlines()
    jobs = [line.split() for line in lines if re.match(r" *\d+ of \d+ ", line)]
    total = int(jobs[0][2])
    assert [int(job[0]) for job in jobs] == [*range(1, total + 1)]
    stages = STAGES - {"simulate", "sweep", "ensemble"}
    assert {job[4] for job in jobs} == stages
    assert all(re.fullmatch(r"\d+:\d\d", job[3]) for job in jobs)
    [table] = [number for number, line in enumerate(lines) if line.startswith("Stage ")]
    assert {line.split()[0] for line in lines[table + 1 : -3] if line[0] != " "} == {
        *stages,
        "all",
    }
    assert re.search(r"evaluate +2 .*: mean AUPR 0\.\d{3}, mean AUROC 0\.\d{3}", finished.said)
    # Nothing of Snakemake and of the libraries.
    noise = "jobid|reason:|resources:|GPU available|Tip:|weights_only|it/s|Traceback|UserWarning"
    assert not re.search(noise, finished.said)


def test_models_are_applied_to_regions_and_variants(finished):
    for dataset in ("toy", "own"):
        folder = finished.folder / "results" / dataset / "toy"
        table = pd.read_csv(folder / "regions" / "sequences.tsv.gz", sep="\t")
        # Bins of 10 bp at every fifth base of 100 bp, and one of a shorter sequence.
        assert table["chromosome"].tolist() == ["a"] * 19 + ["b"]
        scores = pd.read_csv(folder / "variants" / "table.tsv.gz", sep="\t")
        assert scores["status"].tolist() == ["scored", "scored_padded", "ref_mismatch"]
        assert len(list((folder / "variants" / "table").glob("001-*.svg"))) == 1
        page = (finished.folder / "results" / dataset / "report.html").read_text("utf-8")
        assert "Variants: table" in page and "Regions: sequences" in page
        assert ("Variants: vcf" in page) == (dataset == "own")
    with pysam.VariantFile(str(folder / "variants" / "vcf.vcf.gz")) as annotated:
        assert [record.pos for record in annotated.fetch("one", 100, 300)] == [200]
    tracks = sorted(path.name for path in (folder / "regions" / "track").glob("*.bw"))
    assert tracks == ["0_p.bw", "1_q.bw"]


def test_results_hold_no_secrets_and_no_absolute_paths(finished):
    """But for what Snakemake writes for itself."""
    files = [path for path in (finished.folder / "results").rglob("*") if path.is_file()]
    assert {".h5", ".html", ".ckpt", ".json", ".md", ".log"} <= {path.suffix for path in files}
    assert SECRET not in finished.said
    for path in files:
        content = path.read_bytes()
        assert SECRET.encode() not in content, path
        if path.suffix != ".log":
            assert bytes(finished.folder) not in content, path
    assert "***@127.0.0.1" in (finished.folder / "results/toy/report.html").read_text("utf-8")


def test_one_stage_can_be_rerun_alone(finished, tmp_path):
    folder = finished.copied(tmp_path / "run")
    (folder / "results" / "toy" / "toy" / "evaluation" / "summary.json").unlink()
    arguments = ("evaluate", "--dry-run")
    _, said = snakemake(folder, *arguments, config=finished.config, pipeline=folder)
    assert planned(said) == {("evaluate", "toy")}
    assert re.search("evaluate .* missing output\nDry run: 1 job would run", said)
    _, said = snakemake(folder, *arguments, "--verbose", config=finished.config, pipeline=folder)
    assert re.search(
        r"rule evaluate_model:\n +input: .*\n.*reason: Missing output", said, re.DOTALL
    )


@pytest.mark.parametrize("stage", sorted(STAGES))
def test_each_stage_is_a_target_that_runs_its_dependencies(stage, tmp_path):
    """Of a bundle, which is simulated, and of a genome."""
    config = tiny(sim=SIMULATED, own=write_genome(tmp_path))
    config["run"] |= {"seeds": [1, 2], "ensembles": {"both": ["toy"]}}
    config["evaluate"]["genome_wide"] = True
    config["apply"] = write_applied(tmp_path)
    status, said = snakemake(tmp_path, stage, "--dry-run", config=config)
    assert status == 0, said
    # Either name stands for the stores of all data sets.
    stores = {"convert", "tile"}
    needed = {"sweep": {"evaluate"}, "convert": stores, "tile": stores}.get(stage, {stage})
    # Unpacked files are needed by `convert`, although deleted ones run again with it.
    stages = {above for above, below in BELOW.items() if needed & set(below)} - (
        {"convert"} if stage == "unpack" else set()
    )
    # `evaluate` reads counts of `describe`, but does not run again after it.
    if "evaluate" in stages | needed:
        stages |= {"describe"}
    jobs = {(one, dataset) for one in stages | needed for dataset in ("sim", "own")}
    of_one_source = {("sim", one) for one in ("tile", *layout.GENOME_WIDE_STAGES)}
    of_one_source |= {("own", one) for one in ("simulate", "unpack", "convert")}
    wanted = {(one, dataset) for one, dataset in jobs if (dataset, one) not in of_one_source}
    if stage in ("simulate", "unpack"):
        wanted = {(one, dataset) for one, dataset in wanted if dataset == "sim"}
    elif stage in layout.GENOME_WIDE_STAGES:
        wanted = {(one, dataset) for one, dataset in wanted if dataset == "own"}
    elif stage == "sweep":  # of single models
        wanted = {(one, dataset) for one, dataset in wanted if one != "ensemble"}
        wanted |= {("sweep", None)}
    assert planned(said) == wanted


@pytest.mark.parametrize(
    ("stage", "source"),
    [
        ("simulate", "simulated"),
        ("unpack", "bundle or simulated"),
    ],
)
def test_a_stage_without_a_data_set_is_refused(stage, source, genome, tmp_path):
    status, said = snakemake(tmp_path, stage, "--dry-run", config=tiny(own=genome))
    assert status != 0
    assert "run.datasets: found own (source: genome)" in said
    assert f"expected a data set of source {source} for the stage '{stage}'" in said


def test_all_bins_are_evaluated_only_on_request(genome, tmp_path):
    config = tiny(own=genome)
    status, said = snakemake(tmp_path, "--dry-run", config=config)
    assert status == 0, said
    assert not {stage for stage, _ in planned(said)} & {*layout.GENOME_WIDE_STAGES}
    for stage in layout.GENOME_WIDE_STAGES:
        status, said = snakemake(tmp_path, stage, "--dry-run", config=config)
        assert status != 0
        assert "key evaluate.genome_wide: found false; expected true for the stage" in said
    config["evaluate"]["genome_wide"] = True
    status, said = snakemake(tmp_path, "--dry-run", config=config)
    assert status == 0, said
    assert {(stage, "own") for stage in layout.GENOME_WIDE_STAGES} <= planned(said)


@pytest.mark.parametrize(
    ("stage", "key"), [("predict_regions", "regions"), ("score_variants", "variants")]
)
def test_a_stage_without_an_entry_is_refused(stage, key, genome, tmp_path):
    status, said = snakemake(tmp_path, stage, "--dry-run", config=tiny(own=genome))
    assert status != 0
    assert f"configuration, key apply.{key}: found no entry for the data sets and models" in said


def test_files_unpacked_on_demand_are_kept(tmp_path):
    status, said = snakemake(tmp_path, "unpack", config=tiny(sim=SIMULATED))
    assert status == 0, said
    raw = tmp_path / "results" / "sim" / "raw"
    assert {path.stem for path in raw.glob("*.mat")} == {"train", "valid", "test"}


def test_a_folder_of_mat_files_in_place_of_an_archive(bundle, tmp_path):
    mine = tmp_path / "mine"
    with tarfile.open(tmp_path / "shelf" / "toy.tar.gz") as archive:
        archive.extractall(mine, filter="data")
    config = tiny(toy=bundle | {"archive": {"url": "mine", "sha256": None}})
    for stage in ("fetch", "unpack", "convert"):
        status, said = snakemake(tmp_path, stage, config=config)
        assert status == 0, said
    toy = tmp_path / "results" / "toy"
    assert sorted(path.name for path in toy.iterdir()) == ["data", "logs"]
    for split, (sequences, labels) in toy_rows().items():
        with Store(toy / "data" / f"{split}.h5") as store:
            np.testing.assert_array_equal(store.sequences(slice(None)), sequences)
            np.testing.assert_array_equal(store.labels(), labels)
            assert store.source["url"] == "mine"
    # They are the user's own, and are not deleted.
    assert len(list(mine.rglob("*.mat"))) == 3
    next(mine.rglob("valid.mat")).unlink()
    status, said = snakemake(tmp_path, "convert", config=config)
    assert status != 0
    assert "mine: found no valid.mat; expected one valid.mat" in said


@pytest.mark.parametrize(
    ("folder", "fragment"),
    [
        ("results/toy/raw", "archive.url: found the folder results/toy/raw, which is within the"),
        ("mi{n}e", "train.mat: found a name with braces"),
    ],
)
def test_unusable_folders_of_mat_files_are_refused(bundle, tmp_path, folder, fragment):
    with tarfile.open(tmp_path / "shelf" / "toy.tar.gz") as archive:
        archive.extractall(tmp_path / folder, filter="data")
    config = tiny(toy=bundle | {"archive": {"url": folder, "sha256": None}})
    status, said = snakemake(tmp_path, "convert", config=config)
    assert status != 0
    assert fragment in said
    assert "Traceback" not in said
    assert len(list((tmp_path / folder).rglob("*.mat"))) == 3


def test_a_truncated_archive_is_refused_with_a_remedy(bundle, tmp_path):
    archive = tmp_path / "shelf" / "toy.tar.gz"
    archive.write_bytes(archive.read_bytes()[:-3000])
    status, said = snakemake(tmp_path, "convert", config=tiny(toy=bundle))
    assert status != 0
    assert "toy.tar.gz: found" in said
    assert "fetch" in said
    assert not list((tmp_path / "results" / "toy").rglob("*.mat"))


def test_a_different_bundle_is_refused_before_training(bundle, tmp_path):
    table = pd.read_csv(bundle["targets"], sep="\t")
    table.assign(test_positives=table["test_positives"] + 1).to_csv(
        bundle["targets"], sep="\t", index=False
    )
    status, said = snakemake(tmp_path, "convert", config=tiny(toy=bundle))
    assert status != 0
    assert "other numbers of positive rows" in said
    assert not (tmp_path / "results" / "toy" / "data" / "test.h5").exists()

    status, said = snakemake(tmp_path, "convert", config=tiny(toy=bundle | {"verify": False}))
    assert status == 0, said


def test_files_are_fetched_from_a_mirror(bundle, tmp_path):
    config = tiny(toy=bundle | {"archive": {"url": "https://unreachable.invalid/a/toy.tar.gz"}})
    status, said = snakemake(tmp_path, "fetch", config=config | {"mirror": "shelf"})
    assert status == 0, said
    fetched = tmp_path / "results" / "toy" / "raw" / "toy.tar.gz"
    assert fetched.read_bytes() == (tmp_path / "shelf" / "toy.tar.gz").read_bytes()


def test_a_further_url_fetches_nothing_and_a_different_file_is_refused(bundle, tmp_path):
    status, said = snakemake(tmp_path, "fetch", config=tiny(toy=bundle))
    assert status == 0, said
    url = bundle["archive"]["url"]
    changed = bundle | {"archive": {"url": [url, f"{url}?copy"], "sha256": None}, "disk_gib": 0.1}
    _, said = snakemake(tmp_path, "fetch", "--dry-run", config=tiny(toy=changed))
    assert "Nothing to be done" in said

    fetched = tmp_path / "results" / "toy" / "raw" / "toy.tar.gz"
    fetched.unlink()
    (tmp_path / "shelf" / "toy.tar.gz").write_bytes(b"another file")
    status, said = snakemake(tmp_path, "fetch", config=tiny(toy=changed))
    assert status != 0
    assert "of the file fetched on" in said
    assert f"delete {fetched.relative_to(tmp_path)}.lock.json" in said
    assert not fetched.exists()


def test_insufficient_disk_space_is_reported_before_a_download(bundle, tmp_path):
    status, said = snakemake(tmp_path, "fetch", config=tiny(toy=bundle | {"disk_gib": 1e6}))
    assert status != 0
    assert "for all stages of this data set (disk_gib" in said
    assert not list((tmp_path / "results").rglob("*toy.tar.gz"))


def test_a_file_with_a_wrong_digest_is_refused_and_removed(bundle, tmp_path):
    config = tiny(toy=bundle | {"archive": bundle["archive"] | {"sha256": "0" * 64}})
    status, said = snakemake(tmp_path, "fetch", config=config)
    assert status != 0
    assert "0" * 64 in said
    assert not list((tmp_path / "results").rglob("*toy.tar.gz"))


def contents(folder, pattern):
    """Every file of a folder that matches, with its bytes."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob(pattern)) if path.is_file()}


def test_a_failed_training_keeps_the_model_and_is_rerun(finished, tmp_path):
    run = finished.copied(tmp_path / "run")
    good = copy.deepcopy(finished.config)
    good["run"]["datasets"] = ["own"]
    folder = run / "results" / "own" / "toy"
    before = contents(folder, "training/*.ckpt"), contents(folder, "model/*")
    assert [len(files) for files in before] == [2, len(MODEL_FILES)]

    diverging = good | {"train": good["train"] | {"learning_rate": 1e30, "gradient_clip": 1e30}}
    status, said = snakemake(run, "train", config=diverging, pipeline=run)
    assert status != 0
    message = "expected a finite loss. Lower learning_rate"
    first, last = (match.start() for match in re.finditer(message, said))
    assert "Failed after" in said[:first] and " of " not in said[first:last].partition("\n")[2][:9]
    assert "Log: results/own/toy/logs/train.log\nCompleted stages are kept." in said[last:]
    assert "snakemake" in said.splitlines()[-1]
    assert not re.search("Traceback|RuleException|CalledProcessError|snakemake/scripts", said)
    assert (contents(folder, "training/*.ckpt"), contents(folder, "model/*")) == before

    for config in (good, diverging):
        _, said = snakemake(run, "train", "--dry-run", config=config, pipeline=run)
        assert planned(said) == {("train", "own")}


def test_stores_are_made_from_a_genome(finished):
    with h5py.File(finished.folder / "results" / "own" / "data" / "test.h5") as store:
        assert store.attrs["rows"] == 8
        assert store["target/name"].asstr()[:].tolist() == ["p", "q"]


def test_peaks_of_a_table_are_tracked_and_an_empty_file_is_a_warning(genome, tmp_path):
    (tmp_path / "peaks" / "none.bed").write_text("")
    (tmp_path / "table.tsv").write_text(
        "path\tname\tgroup\npeaks/q.bed\tQ\tTF\npeaks/none.bed\tN\tTF\npeaks/p.bed\tP\tDNase\n"
    )
    config = tiny(own=genome | {"peaks": {"table": "table.tsv"}})
    status, said = snakemake(tmp_path, "tile", config=config)
    assert status == 0, said
    assert "none.bed" in said
    with h5py.File(tmp_path / "results" / "own" / "data" / "test.h5") as store:
        assert store["target/name"].asstr()[:].tolist() == ["Q", "P"]
        assert json.loads(store.attrs["source"])["counts"]["dropped_empty"] == ["N"]
    with (tmp_path / "peaks" / "p.bed").open("a") as handle:
        handle.write("one\t310\t311\n")
    _, said = snakemake(tmp_path, "tile", "--dry-run", config=config)
    assert planned(said) == {("tile", "own")}


@pytest.mark.parametrize(
    "overlay", [None, "demo", "yeast", "deepsea_rebuilt", "deepsea_rebuilt_by_rule"]
)
def test_every_shipped_configuration_can_be_planned(tmp_path, overlay):
    overlay = ["--configfile", str(ROOT / "configs" / f"{overlay}.yaml")] if overlay else []
    status, said = snakemake(tmp_path, "--dry-run", *overlay)
    assert status == 0, said
    stages = {"train", "evaluate", "explain", "motifs", "report"}
    assert stages <= {stage for stage, _ in planned(said)}


def test_the_path_of_the_environment_may_contain_spaces(tmp_path):
    (tmp_path / "my env's").symlink_to(sys.prefix)
    python = tmp_path / "my env's" / "bin" / "python"
    over = written(tiny(sim=SIMULATED), tmp_path)
    command = [python, "-m", "snakemake", "simulate", "--cores", "1", "--configfile", over]
    command += ["--snakefile", ROOT / "Snakefile"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_sweep_trains_each_model_with_each_seed_in_separate_jobs(finished, tmp_path):
    folder = finished.copied(tmp_path / "run")
    config = copy.deepcopy(finished.config)
    config["models"]["other"] = config["models"]["toy"] | {"train": {"epochs": 2}}
    config["run"] = {"datasets": ["own"], "models": ["toy", "other"], "seeds": [1, 2]}
    _, said = snakemake(folder, "sweep", "--dry-run", config=config, pipeline=folder)
    assert set(re.findall(r"results/own/(\w+-seed\d)/", said)) == {
        f"{model}-seed{seed}" for model in ("toy", "other") for seed in (1, 2)
    }
    config["run"]["models"] = ["other"]
    status, said = snakemake(folder, "sweep", config=config, pipeline=folder)
    assert status == 0, said[-3000:]
    sweep = folder / "results" / "sweep"
    runs = pd.read_csv(sweep / "runs.tsv", sep="\t")
    assert list(runs["model"]) == ["other", "other"]
    assert list(runs["seed"]) == [1, 2]
    assert len(pd.read_csv(sweep / "models.tsv", sep="\t")) == 1
    for seed in (1, 2):
        training = folder / "results" / "own" / f"other-seed{seed}" / "model" / "training.json"
        record = json.loads(training.read_text())
        assert record["seed"] == seed
        assert record["training"]["epochs"] == 2
    status, said = snakemake(
        folder, "sweep", "--report", "report.zip", config=config, pipeline=folder
    )
    assert status == 0, said[-3000:]
    with zipfile.ZipFile(folder / "report.zip") as archive:
        assert "with different seeds" in archive.read("report/report.html").decode()
