"""The jobs that a run would have, from a dry run of Snakemake."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from noncoding.common.errors import InputError

STDERR = 2
"""File descriptor: standard output has the estimate only."""


@dataclass(frozen=True)
class Job:
    """A job as Snakemake would start it.

    Attributes
    ----------
    rule : str
    wildcards : dict
        Among them ``dataset``, ``model``, ``split``, ``file`` and ``name``.
    threads, gpus : int
    inputs, outputs : tuple of str
        Paths.
    """

    rule: str
    wildcards: dict[str, str]
    threads: int
    gpus: int
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """The jobs of a dry run, and its configuration as merged by Snakemake.

    Attributes
    ----------
    configuration : dict
    jobs : list of Job
        Those that make files; targets such as ``all`` are left out.
    counts : dict
        Rule → number of its jobs by Snakemake's own count.
    directory : path
        Folder at which relative paths start.
    """

    configuration: dict[str, Any]
    jobs: list[Job]
    counts: dict[str, int]
    directory: Path = Path()


def dry_run(arguments: Sequence[str]) -> Plan:
    """Ask Snakemake which jobs it would run with some arguments; results that exist need none.

    Raises
    ------
    InputError
        Snakemake is not installed, or refuses the workflow; its message has been printed.
    """
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "plan.json")
        command = [sys.executable, "-m", "snakemake", "--dry-run", *arguments]
        # Rates are those of two cores; a dry run of jobs on a cluster would have one thread each.
        if not any(each.startswith(("--cores", "-c")) for each in arguments):
            command += ["--cores", "2"]
        command += ["--logger", "noncoding", "--logger-noncoding-plan", str(path)]
        done = subprocess.run(command, stdout=STDERR, check=False)
        if done.returncode or not path.exists():
            raise InputError(
                "snakemake --dry-run",
                f"exit status {done.returncode}",
                "a plan of the run",
                "Correct the cause, which is printed above; run the command in the folder of the "
                "pipeline, or give --snakefile.",
            )
        return read_plan(path)


def read_plan(path: Path) -> Plan:
    """Read the file that the logger of this project writes in a dry run."""
    found = json.loads(path.read_text(encoding="utf-8"))
    jobs = [
        Job(
            rule=job["rule"],
            wildcards=job["wildcards"],
            threads=int(job["threads"]),
            gpus=int(job["resources"].get("gpu", 0)),
            inputs=tuple(job["input"]),
            outputs=tuple(job["output"]),
        )
        for job in found["jobs"]
        if job["output"]
    ]
    return Plan(found["configuration"], jobs, found["counts"], Path(found["directory"]))
