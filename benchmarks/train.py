"""Training at the official input size: the stage `train`, and the loop of the original project.

    python benchmarks/train.py --json train.json
    python benchmarks/train.py --models deepsea danq --seconds 60

Creates a store and a file of bytes of random sequences (1000 bp, 919 targets), and
runs, each in a separate process on the same device:

ours
    The trainer of the stage `train` with its loggers and callbacks, but without validation
    and checkpoints; the settings of config.yaml, except for `--precision` and `--batch`.
original
    32-bit floats without compilation, Adam, batches of 25 with gradients accumulated
    to 100, single rows from the file of bytes through a shuffling torch DataLoader;
    the same network, `--original`.

Both run for `--steps` or `--seconds` after `--warmup` steps; a step is the forward
and backward pass of one batch. `--models` are also trained by our loop, whose ten most
expensive kernels (on a CPU: operations) are listed, in milliseconds per step. With `--together`,
all processes start at the same time, which saves time for compilation, and are measured
one after another, in the order above; one that fails is recorded as an error. The share of
the device's peak is relative to a large matrix product in the precision of our loop, and not
given for the other loop; torch counts the operations of a network, except for those of an LSTM.
"""

import argparse
import fcntl
import json
import tempfile
import time
from concurrent.futures import as_completed
from itertools import chain, repeat
from pathlib import Path
from typing import Any, get_args

import common
import pytorch_lightning as pl
import torch
import torch.nn.functional as F
import yaml
from load import LENGTH, TARGETS, RowsOfBytes, make
from torch.profiler import ProfilerActivity, profile
from torch.utils.data import DataLoader
from torch.utils.flop_counter import FlopCounterMode

from noncoding.data.loader.data_module import SplitsDataModule
from noncoding.models.architectures import create_model
from noncoding.settings.inheritance import merged, with_inherited
from noncoding.settings.train import RuntimeOptions, TrainSettings
from noncoding.training.callbacks import EpochLog
from noncoding.training.checkpoints import BestEpoch, Patience, ResumePoint
from noncoding.training.lightning_module import TrainingModule
from noncoding.training.trainer import new_trainer, precision_for, switched_on
from noncoding.training.unfinished import Unfinished

ROOT = Path(__file__).parents[1]
PRECISIONS = get_args(TrainSettings.model_fields["precision"].annotation)
BATCH, ACCUMULATE, RATE = 25, 4, 1e-4
"""Settings of the original project."""
READY, MEASURED = ".ready", ".measured"
"""Extensions of files that show the progress of a process to the others."""
LONGEST_WAIT = 110.0
"""Seconds that a process waits for the preparation and measurement of others."""
PROFILED = 3
"""Steps whose kernels are timed."""


def main() -> None:
    parser = common.argument_parser(__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--steps", type=int, help="maximum per run")
    parser.add_argument("--seconds", type=float, default=60, help="maximum per run")
    parser.add_argument("--warmup", type=int, default=20, help="steps before the measurement")
    parser.add_argument("--batch", type=int, help="our batch size; default: that of config.yaml")
    parser.add_argument("--precision", default="auto", choices=PRECISIONS, help="of our loop")
    parser.add_argument("--original", default="hybrid", help="network of both loops")
    parser.add_argument(
        "--models", nargs="*", default=[], help="networks that are also trained by our loop"
    )
    parser.add_argument(
        "--together", action="store_true", help="prepare all processes at the same time"
    )
    parser.add_argument("--name", help=argparse.SUPPRESS)
    parser.add_argument("--before", nargs="*", default=[], help=argparse.SUPPRESS)
    parser.add_argument("--waits-for", type=int, default=1, help=argparse.SUPPRESS)
    common.add_sides(parser, [*SIDES, "make", "peak"])
    parser.add_argument("--model", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side == "make":
        make(arguments.work, arguments.rows)
        print("{}")
    elif arguments.side == "peak":
        print(json.dumps({"flops": matrix_peak(precision_for(arguments.precision))}))
    elif arguments.side:
        print(json.dumps(SIDES[arguments.side](arguments)))
    else:
        with tempfile.TemporaryDirectory(dir=arguments.work) as folder:
            compare(arguments, Path(folder))


def compare(arguments: argparse.Namespace, folder: Path) -> None:
    options: list[object] = ["--work", folder, "--rows", arguments.rows]
    options += ["--seconds", arguments.seconds, "--warmup", arguments.warmup]
    options += ["--precision", arguments.precision]
    for name in ("steps", "batch"):
        if getattr(arguments, name):
            options += [f"--{name}", getattr(arguments, name)]
    common.run_side(__file__, "--side", "make", *options)
    peak = common.run_side(__file__, "--side", "peak", *options).figures["flops"]
    figures: dict[str, Any] = {
        "benchmark": "train",
        "rows": arguments.rows,
        "network": arguments.original,
        "hardware": common.hardware(),
        "device": device_name(),
        "torch": torch.__version__,
        "precision": precision_for(arguments.precision),
        "matrix_peak_teraflops": round(peak / 1e12, 3),
    }
    runs = {"ours": ("ours", arguments.original), "original": ("original", arguments.original)}
    runs |= {model: ("ours", model) for model in arguments.models}
    if arguments.together:
        options += ["--waits-for", len(runs)]
    with common.cancelling_pool(len(runs) if arguments.together else 1) as pool:
        jobs = {}
        for number, (name, run) in enumerate(runs.items()):
            own = [*options, "--name", name, "--before", *list(runs)[:number]]
            jobs[pool.submit(measured, name, *run, own, peak)] = name
        for job in as_completed(jobs):
            try:
                figures |= job.result()
            except (Exception, SystemExit) as error:  # noqa: BLE001 – costs only this run
                figures[f"{jobs[job]}_error"] = str(error)
                for state in (READY, MEASURED):  # the others need not wait
                    (folder / f"{jobs[job]}{state}").touch()
            common.write_json(arguments.json, figures)
    failed = [name for name in runs if f"{name}_error" in figures]
    if not {"ours", "original"} & set(failed):
        figures["ratio"] = round(figures["ours_per_second"] / figures["original_per_second"], 2)
        common.write_json(arguments.json, figures)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


def measured(
    name: str, side: str, model: str, options: list[object], peak: float
) -> dict[str, Any]:
    """Measurements of one run, with its name as prefix."""
    ran = common.run_side(__file__, "--side", side, "--model", model, *options)
    made = ran.figures
    figures = {
        f"{name}_per_second": round(made["per_second"], 1),
        f"{name}_batch": made["batch"],
        f"{name}_steps": made["steps"],
        f"{name}_waiting_share": round(made["waiting_share"], 4),
        f"{name}_peak_mib": round(made["device_peak_mib"] or ran.peak_mib),
    }
    if side == "ours":
        figures[f"{name}_share_of_peak"] = round(made["per_second"] * made["flops"] / peak, 4)
        figures[f"{name}_kernels"] = made["kernels"]
    return figures


class Clock:
    """Counts rows, steps and waiting time after the warm-up, while no other clock runs."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._folder = arguments.work
        self._name = arguments.name
        self._before = arguments.before
        self._waits_for = arguments.waits_for
        self._flops = flops_of_a_sequence(arguments.model)
        self._left = arguments.warmup
        self._steps = arguments.steps
        self._seconds = arguments.seconds
        self._start = self._ended = time.perf_counter()
        self._waited = 0.0
        self._rows = self._count = 0
        if not self._left:
            self._begin()

    def _begin(self) -> None:
        synchronise()
        (self._folder / f"{self._name}{READY}").touch()
        ends = time.monotonic() + LONGEST_WAIT
        while not self._is_due() and time.monotonic() < ends:
            time.sleep(0.1)
        self._lock = (self._folder / "lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._start = self._ended = time.perf_counter()

    def _is_due(self) -> bool:
        ready = len(list(self._folder.glob(f"*{READY}")))
        measured = all((self._folder / f"{name}{MEASURED}").exists() for name in self._before)
        return ready >= self._waits_for and measured

    def batch_loaded(self) -> None:
        """Call when a batch was loaded."""
        self._waited += time.perf_counter() - self._ended

    def step_done(self, rows: int) -> bool:
        """Call after a step; return whether it was the last."""
        if self._left:
            self._left -= 1
            if not self._left:
                self._waited = 0.0
                self._begin()
            return False
        self._rows += rows
        self._count += 1
        self._ended = time.perf_counter()
        last = self._count == self._steps or self._ended - self._start >= self._seconds
        if last:
            synchronise()
            self._taken = time.perf_counter() - self._start
        return last

    def figures(self, batch: int) -> dict[str, Any]:
        (self._folder / f"{self._name}{MEASURED}").touch()
        self._lock.close()  # the next process begins
        return {
            "per_second": self._rows / self._taken,
            "batch": batch,
            "steps": self._count,
            "waiting_share": self._waited / self._taken,
            "device_peak_mib": device_peak_mib(),
            "flops": self._flops,
            "kernels": {},
        }


class Profile:
    """Times of the kernels of a GPU or the operations of a CPU, in steps after the others."""

    def __init__(self) -> None:
        self.steps = 0
        self.kernels: dict[str, float] = {}

    def step_done(self) -> bool:
        """Call after a step; return whether it was the last."""
        gpu = torch.cuda.is_available()
        if self.steps == 0:
            self._profiler = profile(
                activities=[ProfilerActivity.CUDA if gpu else ProfilerActivity.CPU]
            )
            synchronise()
            self._profiler.__enter__()
        self.steps += 1
        if self.steps <= PROFILED:
            return False
        synchronise()
        self._profiler.__exit__(None, None, None)
        times = {
            event.key: event.self_device_time_total if gpu else event.self_cpu_time_total
            for event in self._profiler.key_averages()
        }
        for name in sorted(times, key=times.__getitem__, reverse=True)[:10]:
            self.kernels[name[:120]] = round(times[name] / PROFILED / 1000, 3)
        self.kernels["all kernels"] = round(sum(times.values()) / PROFILED / 1000, 3)
        return True


class ClockCallback(pl.Callback):
    """Counts steps, and profiles a few more of them."""

    def __init__(self, clock: Clock, profile: Profile) -> None:
        self._clock = clock
        self._profile = profile

    def on_train_batch_start(self, trainer: pl.Trainer, *_: Any) -> None:
        if not self._profile.steps:
            self._clock.batch_loaded()

    def on_train_batch_end(
        self, trainer: pl.Trainer, module: pl.LightningModule, outputs: Any, batch: Any, index: int
    ) -> None:
        if self._profile.steps or self._clock.step_done(len(batch[0])):
            trainer.should_stop = self._profile.step_done()


def ours(arguments: argparse.Namespace) -> dict[str, Any]:
    section = configuration()["train"] | {"epochs": 1000, "devices": 1}
    section["precision"] = arguments.precision
    section["batch_size"] = arguments.batch or section["batch_size"]
    settings, runtime = (
        kind(**{key: section[key] for key in kind.model_fields})
        for kind in (TrainSettings, RuntimeOptions)
    )
    store = arguments.work / "store.h5"
    torch.set_float32_matmul_precision("high")
    data = SplitsDataModule(
        store, store, batch_size=settings.batch_size, seed=1, shuffle_buffer=settings.shuffle_buffer
    )
    network = new_network(arguments.model)
    clock, profiled = Clock(arguments), Profile()
    folder = Path(tempfile.mkdtemp(dir=arguments.work))
    trainer = new_trainer(settings, runtime, Unfinished(folder), folder / "tensorboard")
    trainer.limit_val_batches = 0
    omitted = BestEpoch | Patience | EpochLog | ResumePoint
    callbacks = [each for each in trainer.callbacks if not isinstance(each, omitted)]
    trainer.callbacks = [*callbacks, ClockCallback(clock, profiled)]
    compiled = switched_on(settings.compile, auto=torch.cuda.is_available())
    trainer.fit(TrainingModule(network, settings, seed=1, compiled=compiled), data)
    return clock.figures(settings.batch_size) | {"kernels": profiled.kernels}


def original(arguments: argparse.Namespace) -> dict[str, Any]:
    device = best_device()
    network = new_network(arguments.model).to(device)
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    loader = DataLoader(
        RowsOfBytes(arguments.work / "bytes.h5"), batch_size=BATCH, shuffle=True, drop_last=True
    )
    clock = Clock(arguments)
    for number, (sequences, labels) in enumerate(chain.from_iterable(repeat(loader)), start=1):
        clock.batch_loaded()
        logits = network(sequences.to(device).float())
        loss = F.binary_cross_entropy_with_logits(logits, labels.to(device).float())
        (loss / ACCUMULATE).backward()
        if number % ACCUMULATE == 0:
            optimizer.step()
            optimizer.zero_grad()
        if clock.step_done(len(labels)):
            break
    return clock.figures(BATCH)


SIDES = {"ours": ours, "original": original}


def configuration(*overlays: str) -> dict[str, Any]:
    """The configuration of config.yaml with overlays."""
    found: dict[str, Any] = {}
    for file in ("config.yaml", *overlays):
        found = merged(found, yaml.safe_load((ROOT / file).read_text(encoding="utf-8")))
    return with_inherited(found)


def new_network(name: str) -> torch.nn.Module:
    torch.manual_seed(1)
    sizes = configuration()["models"][name]
    return create_model(length=LENGTH, targets=TARGETS, **sizes).train()


def flops_of_a_sequence(name: str, rows: int = 2) -> float:
    """Operations of a forward and backward pass per sequence."""
    network = new_network(name)
    counter = FlopCounterMode(display=False)
    with counter:
        network(torch.zeros(rows, 4, LENGTH)).sum().backward()
    return counter.get_total_flops() / rows


def matrix_peak(precision: str) -> float:
    """Operations per second of a large matrix product, in the precision of our loop."""
    torch.set_float32_matmul_precision("high")
    device = best_device()
    kind = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}.get(precision)
    size = 2048 if device.type == "cpu" else 8192
    matrix = torch.randn(size, size, device=device, dtype=kind or torch.float32)
    best = float("inf")
    for _ in range(10):
        synchronise()
        start = time.perf_counter()
        matrix @ matrix
        synchronise()
        best = min(best, time.perf_counter() - start)
    return 2 * size**3 / best


def best_device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def device_name() -> str:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"


def synchronise() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def device_peak_mib() -> float:
    """Peak memory of the GPU; 0 without a GPU, where the memory of the process is reported."""
    return torch.cuda.max_memory_allocated() / 2**20 if torch.cuda.is_available() else 0.0


if __name__ == "__main__":
    main()
