"""Memory that is available to a process."""

from pathlib import Path

import psutil

_CGROUPS = Path("/sys/fs/cgroup")


def available_memory(cgroups: Path = _CGROUPS, own: Path = Path("/proc/self/cgroup")) -> int:
    """Bytes that are available on this machine within the limits of this job.

    Parameters
    ----------
    cgroups, own : path
        Control groups of Linux (version 1 or 2), by which schedulers and containers limit the
        memory of a process, and those of this process.
    """
    free = psutil.virtual_memory().available
    for group in _groups(cgroups, own):
        for limit, usage in (
            ("memory.max", "memory.current"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes"),
        ):
            try:
                text = (group / limit).read_text(encoding="utf-8").strip()
                if text.isdigit():  # "max" if there is no limit
                    free = min(free, int(text) - int((group / usage).read_text(encoding="utf-8")))
            except OSError:
                continue
    return max(0, free)


def _groups(cgroups: Path, own: Path) -> list[Path]:
    """The groups of this process and their parents, the limits of which all apply."""
    found: list[Path] = []
    try:
        lines = own.read_text(encoding="utf-8").splitlines()
    except OSError:
        return found
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers in ("", "memory"):
            top = cgroups / controllers
            inner = top / path.lstrip("/")
            found += [group for group in (inner, *inner.parents) if group.is_relative_to(top)]
    return found
