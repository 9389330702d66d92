"""A training that several tasks of a SLURM job share."""

import os
import signal
import subprocess
import sys

from noncoding.training.checkpoints import STOPPING

TASK = "NONCODING_SLURM_TASK"
"""Set in the environment of each task."""


def in_task() -> bool:
    """Whether this process is a task that `share_between_tasks` has started."""
    return TASK in os.environ


def share_between_tasks(tasks: int, nodes: int, cores: int) -> None:
    """Run this process's script once a task of its job, then end; do nothing outside of SLURM.

    Snakemake's plugin runs a job as one task of its allocation, whatever tasks were asked
    for. Here that task starts all of them, ``devices × num_nodes``, as Lightning expects it.

    Parameters
    ----------
    tasks, nodes : int
        Of the training.
    cores : int
        Of each task.

    Raises
    ------
    SystemExit
        With the tasks' status, once they have ended.
    """
    if tasks == 1 or in_task() or "SLURM_JOB_ID" not in os.environ:
        return
    command = ["srun", "--overlap", "--kill-on-bad-exit=1", f"--ntasks={tasks}", f"--nodes={nodes}"]
    # Lightning refuses to go on without being told how many of them a node has.
    command += [f"--ntasks-per-node={tasks // nodes}", f"--cpus-per-task={cores}"]
    # The file that runs, not ``__file__``: Snakemake writes one with its settings in it.
    command += ["--cpu-bind=none", sys.executable, sys.argv[0]]
    for number in STOPPING:  # SLURM sends them to each task, too, which answers; await it
        signal.signal(number, lambda *_: None)
    done = subprocess.run(command, env=os.environ | {TASK: "1"}, check=False)
    sys.exit(done.returncode)
