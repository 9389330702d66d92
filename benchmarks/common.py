"""What every benchmark needs: each side in a process of its own, and who measured."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

# The project is run from its folder and not installed.
sys.path.insert(0, str(Path(__file__).parents[1]))


class Side(NamedTuple):
    """What one side of a comparison took.

    Attributes
    ----------
    figures : dict
        What the process printed as JSON on its last line.
    peak_mib : float
        Peak resident memory of the process, in MiB.
    """

    figures: dict[str, float]
    peak_mib: float


def run_side(script: str, *arguments: object) -> Side:
    """Run ``python script arguments`` and wait for it; its last line is JSON."""
    command = [sys.executable, script, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = process.stdout.read().splitlines()
        # wait4 and not RUSAGE_CHILDREN, which is the peak over all children so far.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with status {process.returncode}")
    return Side(json.loads(lines[-1]), usage.ru_maxrss / 1024)


def hardware() -> str:
    """Processor, cores and memory, for the table."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line
            for line in cpuinfo.read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ]
        model = names[0].partition(":")[2].strip() if names else model
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB"


def write_json(path: Path | None, figures: dict[str, Any]) -> None:
    """Print the figures, and keep them where asked for."""
    text = json.dumps(figures, indent=2)
    print(text)
    if path is not None:
        path.write_text(text + "\n", encoding="utf-8")
