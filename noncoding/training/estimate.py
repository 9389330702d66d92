"""Warnings on the duration of a training on this machine."""

import time

import psutil
import torch
import torch.nn.functional as F

from noncoding.models.layers import channels_last
from noncoding.models.network import Network
from noncoding.training.teacher import Teacher
from noncoding.training.trainer import precision_for


def has_gpu() -> bool:
    """Whether a GPU is available."""
    return torch.cuda.is_available() or torch.backends.mps.is_available()


def sequences_per_second(
    network: Network,
    batch_size: int,
    precision: str = "auto",
    steps: int = 3,
    teacher: Teacher | None = None,
) -> float:
    """Measure the speed of training on the CPU, in rows per second, after one warm-up step.

    The weights and statistics of the network do not change. `precision` is that of the
    configuration.
    """
    lower = torch.autocast("cpu", enabled=precision_for(precision) == "bf16-mixed")
    length, targets = network.config.length, network.config.targets
    statistics = {name: buffer.clone() for name, buffer in network.named_buffers()}
    sequences = F.one_hot(torch.randint(4, (batch_size, length)), 4).transpose(1, 2).float()
    labels = torch.zeros(batch_size, targets)
    start = 0.0
    for step in range(steps + 1):
        if step == 1:
            start = time.perf_counter()
        with lower:
            if teacher:
                labels = teacher.labels(sequences)
            with channels_last():
                logits = network(sequences)
        F.binary_cross_entropy_with_logits(logits.float(), labels).backward()
    elapsed = time.perf_counter() - start
    network.zero_grad(set_to_none=True)
    for name, buffer in network.named_buffers():
        buffer.copy_(statistics[name])
    return steps * batch_size / elapsed


def slow_warning(speed: float, rows: int, epochs: int) -> str:
    """The warning that training runs on the CPU, at a measured speed in rows per second."""
    return (
        f"no GPU: training runs on the CPU, at a measured speed of {speed:.0f} rows per second; "
        f"{epochs} epochs of {rows:,} rows take {in_words(rows * epochs / speed)}"
    )


def busy_warning(threads: int) -> str | None:
    """The warning that other programs use cores that the threads of a training would need.

    Threads wait for each other at the end of each operation, so that one that shares its core
    delays all.
    """
    cores = psutil.cpu_count() or 1
    busy = psutil.cpu_percent(interval=0.2) / 100 * cores
    free = max(1, round(cores - busy))
    if threads <= free:
        return None
    return (
        f"other programs use {busy:.1f} of {cores} cores: training with {threads} threads is "
        f"probably slower than with {free}: try 'snakemake --set-threads train_model={free} …'"
    )


def in_words(seconds: float) -> str:
    """A rounded duration, e.g. ``about 3 days``."""
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"about {seconds / size:.0f} {unit}"
    return f"about {max(1, seconds):.0f} seconds"
