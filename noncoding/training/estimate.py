"""How long a training will take on this machine, measured before it starts."""

import argparse
import time
from pathlib import Path

import torch
import torch.nn.functional as F
import yaml
from torch import nn

from noncoding.data.targets import read_targets
from noncoding.models import create_model


def has_gpu() -> bool:
    """Whether there is anything faster than the CPU to train on."""
    return torch.cuda.is_available() or torch.backends.mps.is_available()


def sequences_per_second(
    network: nn.Module, *, length: int, targets: int, batch_size: int, steps: int = 3
) -> float:
    """Measured speed of forward and backward passes on the CPU, on random rows.

    Parameters
    ----------
    network : torch.nn.Module
        Its weights and statistics are left as they are.
    length, targets, batch_size : int
    steps : int
        Measured steps, after one that warms up.

    Returns
    -------
    float
        Rows a second.
    """
    statistics = {name: buffer.clone() for name, buffer in network.named_buffers()}
    sequences = F.one_hot(torch.randint(4, (batch_size, length)), 4).transpose(1, 2).float()
    labels = torch.zeros(batch_size, targets)
    start = 0.0
    for step in range(steps + 1):
        if step == 1:
            start = time.perf_counter()
        F.binary_cross_entropy_with_logits(network(sequences), labels).backward()
    elapsed = time.perf_counter() - start
    network.zero_grad(set_to_none=True)
    for name, buffer in network.named_buffers():
        buffer.copy_(statistics[name])
    return steps * batch_size / elapsed


def slow_warning(speed: float, rows: int, epochs: int) -> str:
    """What a person without a GPU is told.

    Parameters
    ----------
    speed : float
        Rows a second.
    rows, epochs : int
    """
    return (
        f"no GPU: training runs on the CPU, at {speed:.0f} rows a second, measured here; "
        f"{epochs} epochs of {rows:,} rows take {in_words(rows * epochs / speed)}"
    )


def in_words(seconds: float) -> str:
    """A time that a person can weigh, e.g. ``about 3 days``."""
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"about {seconds / size:.0f} {unit}"
    return f"about {max(1, seconds):.0f} seconds"


def main() -> None:
    """Warn before a long run that there is no GPU, and of what that means."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("config", type=Path, help="configuration, as it stands")
    parser.add_argument("--rows", type=int, required=True, help="training rows")
    arguments = parser.parse_args()
    if has_gpu():
        return
    config = yaml.safe_load(arguments.config.read_text(encoding="utf-8"))
    dataset = config["datasets"][config["run"]["datasets"][0]]
    targets = len(read_targets(dataset["targets"]))
    for name in config["run"]["models"]:
        network = create_model(length=dataset["window"], targets=targets, **config["models"][name])
        speed = sequences_per_second(
            network, length=dataset["window"], targets=targets, batch_size=8, steps=2
        )
        warning = slow_warning(speed, arguments.rows, config["train"]["epochs"])
        print(f"WARNING {name}: {warning}")


if __name__ == "__main__":
    main()
