"""Distributed training in several tasks of a SLURM job."""

import os
import signal
import subprocess
import sys
from typing import Any

import torch

from noncoding.common.stage_logging import TASK, begin_log
from noncoding.training.checkpoints import STOP_SIGNALS


def in_task() -> bool:
    """Whether this process is a task that `share_between_tasks` has started."""
    return TASK in os.environ


def share_between_tasks(resources: Any, log: str) -> None:
    """Limit the threads of this process, and start the tasks of a distributed training on SLURM.

    Snakemake's plugin runs a job as a single task of its allocation. That task runs its script
    in ``devices × num_nodes`` tasks, which Lightning expects, and then exits.

    Parameters
    ----------
    resources : snakemake.iocontainers.Resources
        ``tasks`` and ``nodes`` of the training, and ``cpus_per_task``.
    log : str
        File to which all tasks append.

    Raises
    ------
    SystemExit
        With the status of the tasks, once they have ended.
    """
    tasks, nodes, cores = resources.tasks, resources.nodes, resources.cpus_per_task
    torch.set_num_threads(cores)
    if tasks == 1 or in_task() or "SLURM_JOB_ID" not in os.environ:
        return
    command = ["srun", "--overlap", "--kill-on-bad-exit=1", f"--ntasks={tasks}", f"--nodes={nodes}"]
    # Lightning requires the number of tasks per node.
    command += [f"--ntasks-per-node={tasks // nodes}", f"--cpus-per-task={cores}"]
    # Not ``__file__``: Snakemake runs a copy of the script that contains its settings.
    command += ["--cpu-bind=none", sys.executable, sys.argv[0]]
    begin_log(log)
    for number in STOP_SIGNALS:  # SLURM sends them to each task as well, which handles them
        signal.signal(number, lambda *_: None)
    done = subprocess.run(command, env=os.environ | {TASK: "1"}, check=False)
    sys.exit(done.returncode)
