"""Shared by the benchmarks: measurements in separate processes, and the hardware."""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from noncoding.common.files import atomic_write


class Side(NamedTuple):
    """Measurements of one process: those it printed, and its peak resident memory in MiB."""

    figures: dict[str, float]
    peak_mib: float


def argument_parser(description: str | None) -> argparse.ArgumentParser:
    """A parser with the option ``--json``."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    return parser


def add_sides(parser: argparse.ArgumentParser, sides: Iterable[str]) -> None:
    """Add the options of a benchmark that runs each side in a separate process."""
    parser.add_argument("--work", type=Path, help="folder for data; default: a temporary one")
    parser.add_argument("--side", choices=list(sides), help=argparse.SUPPRESS)


def run_side(script: str, *arguments: object) -> Side:
    """Run ``python script arguments``, whose last line of output is JSON."""
    command = [sys.executable, script, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = process.stdout.read().splitlines()
        # Unlike RUSAGE_CHILDREN, wait4 gives the peak of this process only.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with status {process.returncode}")
    return Side(json.loads(lines[-1]), usage.ru_maxrss / 1024)


def hardware() -> str:
    """Processor, cores and memory."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text(encoding="utf-8") if cpuinfo.exists() else ""
    if name := re.search("^model name.*: (.*)", text, re.MULTILINE):
        model = name[1]
    memory = psutil.virtual_memory().total / 2**30
    return f"{model}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB"


@contextmanager
def cancelling_pool(threads: int) -> Iterator[ThreadPoolExecutor]:
    """Threads; if the program is interrupted, jobs that wait are not started."""
    pool = ThreadPoolExecutor(threads)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def write_json(path: Path | None, figures: dict[str, Any]) -> None:
    """Print the results, and write them to a file if one is given."""
    text = json.dumps(figures, indent=2)
    print(text)
    if path is not None:
        with atomic_write(path) as [partial]:  # complete, although the process may be killed
            partial.write_text(text + "\n", encoding="utf-8")
