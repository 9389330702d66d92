"""Processes that are forked from one with libraries loaded, without the seconds that imports take.

Snakemake's command line runs in such a process, and so do the scripts of its jobs; each has a
process of its own, as from a shell, and the project's own modules are imported anew.
"""

import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
import threading
from contextlib import nullcontext
from importlib.util import find_spec
from multiprocessing import connection, forkserver
from pathlib import Path

_OF_SNAKEMAKE = (
    "snakemake.cli",
    "snakemake.report",
    "snakemake_executor_plugin_slurm",
    "smart_open",
    "pydantic",
)
_OF_STAGES = (
    "captum.attr",
    "h5py",
    "matplotlib.pyplot",
    "modiscolite.tfmodisco",
    "pandas",
    "pytorch_lightning",
    "scipy.stats",
    "sklearn.linear_model",
    "tangermeme.deep_lift_shap",
    "tangermeme.io",
    "tangermeme.plot",
    "transformers.modeling_utils",
    "transformers.models.xlnet.modeling_xlnet",
)
_FORKS = multiprocessing.get_context("forkserver")
# A single test is not made to wait for libraries that it may not use.
_SHARED = "PYTEST_XDIST_WORKER" in os.environ
_FORKS.set_forkserver_preload([*_OF_SNAKEMAKE, *(_OF_STAGES if _SHARED else ())])


def run(function, *arguments, folder="."):
    """Call a function in a process of its own; gives its exit status and its output."""
    with tempfile.NamedTemporaryFile() as output:
        process = _start(function, arguments, folder, output.name)
        process.join()
        return process.exitcode, Path(output.name).read_text(encoding="utf-8")


def snakemake(arguments, folder):
    """Run ``snakemake`` with arguments in a folder; gives its exit status and its output."""
    return run(_snakemake, arguments, folder=folder)


def _start(function, arguments, folder, output):
    call = (function, arguments, str(folder), dict(os.environ), output)
    process = _FORKS.Process(target=_called, args=call)
    process.start()
    return process


def _called(function, arguments, folder, environment, output):
    os.environ.clear()
    os.environ.update(environment)
    sys.path[:0] = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    os.chdir(folder)
    # What child processes write, too.
    with Path(output).open("a", encoding="utf-8") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())
    function(*arguments)


def _snakemake(arguments):
    from snakemake.cli import main
    from snakemake.script import PythonScript

    output = str(Path("/proc/self/fd/1").readlink())
    # The jobs come from the server that this process comes from, not from one of its own.
    forkserver._forkserver.ensure_running = lambda: None
    one_at_a_time = threading.Lock()

    def execute_script(script, path, edit=False):
        """As Snakemake has it, but for how the process starts."""
        from snakemake.benchmark import benchmarked

        # A start asks how the processes of other threads have ended, which can be read once.
        with one_at_a_time:
            job = _start(_script, (path,), ".", output)
        record = script.bench_record
        with benchmarked(job.pid, record) if record is not None else nullcontext():
            connection.wait([job.sentinel])
        with one_at_a_time:
            job.join()
        if job.exitcode:
            raise subprocess.CalledProcessError(job.exitcode, path)

    PythonScript.execute_script = execute_script
    sys.argv = ["snakemake", *arguments]
    main()


def _script(path):
    """Run a file as ``python`` does."""
    sys.argv = [path]
    if find_spec("sitecustomize"):
        import sitecustomize  # noqa: F401
    runpy.run_path(path, run_name="__main__")
