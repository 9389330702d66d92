"""Memory that is available to a process."""

from collections.abc import Iterator
from pathlib import Path

import psutil

# Control groups of Linux (version 1 or 2), and those of this process.
_CGROUPS, _OWN = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def available_memory() -> int:
    """Bytes that are available on this machine within the limits of a scheduler or container."""
    free = psutil.virtual_memory().available
    for group in _groups():
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


def _groups() -> Iterator[Path]:
    """The groups of this process and their parents, the limits of which all apply."""
    lines = _OWN.read_text(encoding="utf-8").splitlines() if _OWN.exists() else []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers in ("", "memory"):
            top = _CGROUPS / controllers
            inner = top / path.lstrip("/")
            yield from (group for group in (inner, *inner.parents) if group.is_relative_to(top))
