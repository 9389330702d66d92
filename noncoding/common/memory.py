"""How much memory a process may still take."""

from pathlib import Path

import psutil

_CGROUPS = Path("/sys/fs/cgroup")


def available_memory(cgroups: Path = _CGROUPS, own: Path = Path("/proc/self/cgroup")) -> int:
    """Bytes that are free, to this machine and to this job.

    A cluster's scheduler and a container limit a process by control groups,
    and kill it beyond; the memory of the whole machine does not tell of that.

    Parameters
    ----------
    cgroups, own : path
        Where Linux tells of control groups (version 1 and 2).

    Returns
    -------
    int
    """
    free = psutil.virtual_memory().available
    for group in _groups(cgroups, own):
        for limit, usage in (
            ("memory.max", "memory.current"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes"),
        ):
            try:
                text = (group / limit).read_text(encoding="utf-8").strip()
                if text.isdigit():  # "max" where there is none
                    free = min(free, int(text) - int((group / usage).read_text(encoding="utf-8")))
            except OSError:
                continue
    return max(0, free)


def _groups(cgroups: Path, own: Path) -> list[Path]:
    """The groups of this process and those around them: a limit of any holds."""
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
