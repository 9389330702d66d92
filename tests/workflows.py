"""The workflow as a person runs it: as a process, in a folder of its own."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml
from toy_store import CONDUCT, TRAINING, toy_sizes

ROOT = Path(__file__).parents[1]
PIPELINE = (
    *("Snakefile", "config.yaml", "rules", "scripts", "noncoding", "schemas", "envs"),
    *("profiles", "resources"),
)
"""What a run needs of a checkout."""
_JOB = re.compile(
    r"^(?:local)?(?:rule|checkpoint) (\w+):$(.*?)(?=^\[|^Job stats|\Z)", re.MULTILINE | re.DOTALL
)


def snakemake(folder, *arguments, config=None, pipeline=ROOT, cores=True):
    """Run the workflow in a folder; gives its exit status and what it said."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(pipeline / "Snakefile")]
    command += ["--directory", str(folder), *(["--cores", "2"] if cores else []), *arguments]
    if config is not None:
        command += ["--configfile", str(written(config, folder))]
    # In the folder itself, so that the pipeline may stand there, too.
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    return done.returncode, done.stdout + done.stderr


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
    """Jobs of a dry run, as pairs of rule and data set; those that only gather are left out."""
    jobs = set()
    for rule, body in _JOB.findall(said):
        wildcards = re.search(r"wildcards: (.*)", body)
        if wildcards:
            values = dict(part.split("=", 1) for part in wildcards[1].split(", "))
            jobs.add((rule, values["dataset"]))
    return jobs


def tiny(**datasets):
    """A configuration of toy size."""
    training = TRAINING | CONDUCT | {"epochs": 1}
    return {
        "run": {"datasets": list(datasets), "models": ["toy"]},
        "datasets": datasets,
        "models": {"toy": {"architecture": "hybrid"} | toy_sizes()},
        "train": training,
        "evaluate": {"min_positives": 1, "replicates": 20},
        "explain": {"best_per_group": 1, "drawn": 1, "checked": 2, "loci": 2},
        "discover": {"sequences": 20},
    }
