"""The workflow as a user runs it: in a process, in a folder of its own."""

import os
import re
import shutil
import tempfile
from pathlib import Path

import pytest
import warm
import yaml
from toy_store import RUNTIME, TRAINING, toy_sizes

ROOT = Path(__file__).parents[1]
PIPELINE = (
    *("Snakefile", "config.yaml", "rules", "scripts", "noncoding", "envs", "profiles"),
    *("configs", "resources", "snakemake_logger_plugin_noncoding"),
)
"""What a run needs of a checkout."""
ON_TWO_CORES = ("--resources", "gpu=2", "--max-threads", "1", "--cores", "2")
"""Two jobs at once: tiny batches are slower on several threads, most of all on shared cores."""
SECRET = "S3CRET"
"""In the URL of the bundle of the finished run: as a password and in the query."""
_JOB = re.compile(r"^(\w+) +\w+/(\w+)\S*  ", re.MULTILINE)
"""Of a dry run, a job's stage and what is the data set in the path of its output."""


def snakemake(folder, *arguments, config=None, pipeline=ROOT, cores=True):
    """Run the workflow in a folder; gives its exit status and its output.

    A copy of the pipeline is on Python's search path, as if it were the installed one.
    """
    command = ["--snakefile", str(pipeline / "Snakefile"), "--directory", str(folder)]
    command += [*(ON_TWO_CORES if cores else ()), *arguments]
    with tempfile.TemporaryDirectory() as scratch, pytest.MonkeyPatch.context() as patch:
        if (pipeline / "noncoding").is_dir() and pipeline != ROOT:
            patch.setenv("PYTHONPATH", str(pipeline), prepend=os.pathsep)
        if config is not None:
            command += ["--configfile", str(written(config, scratch))]
        # In the folder itself, so that the pipeline may be there, too.
        return warm.snakemake(command, folder)


def written(config, folder, name="over.yaml"):
    path = Path(folder) / name
    path.write_text(yaml.safe_dump(config))
    return path


def copy_pipeline(folder):
    """A checkout of the pipeline's own files."""
    folder.mkdir(exist_ok=True)
    for name in PIPELINE:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder


def planned(said):
    """Jobs of a dry run, as pairs of stage and data set; a sweep is of no data set."""
    jobs = {(stage, name if stage != "sweep" else None) for stage, name in _JOB.findall(said)}
    assert {stage for stage, _ in jobs} <= STAGES, said
    assert jobs or "Nothing to be done" in said, said
    return jobs


def tiny(**datasets):
    """A configuration of toy size."""
    training = TRAINING | RUNTIME | {"epochs": 1}
    return {
        "run": {"datasets": list(datasets), "models": ["toy"]},
        "datasets": datasets,
        "models": {"toy": {"architecture": "hybrid"} | toy_sizes()},
        "train": training,
        "evaluate": {"min_positives": 1, "replicates": 20},
        "explain": {"best_per_group": 1, "n_plotted": 1, "n_checked": 2, "n_sequences": 2},
        "motifs": {"sequences": 20},
    }


def reruns_table(heading):
    """Rows of a table of docs/reruns.md: names in the first cell, stages in the second."""
    page = (ROOT / "docs" / "reruns.md").read_text()
    section = page.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| (.+?) \|", section, re.MULTILINE)[1:]
    found = {}
    for names, stages in rows:
        stages = [] if stages.startswith("nothing") else stages.split(" (")[0].split(", ")
        assert set(stages) <= STAGES, (names, stages)
        for name in re.findall(r"`([^`]+)`", names):
            assert name not in found, name
            found[name] = set(stages)
    return found


STAGES = {path.stem for path in (ROOT / "scripts").glob("*.py")}
BELOW = reruns_table("Dependent stages")
