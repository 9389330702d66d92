"""Snakemake's command line in a process that is forked from one with its modules loaded.

Each run has a process of its own, as from a shell, without the second that the imports take.
"""

import multiprocessing
import os
import sys
import tempfile
from pathlib import Path

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        "snakemake.cli",
        "snakemake.report",
        "snakemake_executor_plugin_slurm",
        "smart_open",
        "jsonschema",
    ]
)


def run(arguments, folder):
    """Run ``snakemake`` with arguments in a folder; gives its exit status and its output."""
    with tempfile.NamedTemporaryFile() as output:
        environment = dict(os.environ)
        forked = _FORKS.Process(target=_main, args=(arguments, folder, environment, output.name))
        forked.start()
        forked.join()
        return forked.exitcode, Path(output.name).read_text()


def _main(arguments, folder, environment, output):
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    # What child processes write, too.
    with Path(output).open("w") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())
    sys.argv = ["snakemake", *arguments]
    from snakemake.cli import main

    main()
