"""Jobs of a run, and the logs that their stages write."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from noncoding import layout
from noncoding.common.stage_logging import LINE


class Line(NamedTuple):
    """A message of a stage; further lines, such as those of a traceback, belong to its text."""

    level: str
    text: str


class StageLog:
    """The log of a job that is running, of which new lines are read at each update.

    What an earlier run has left in the file is not read.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._before = self._state()
        self._started = False
        self._offset = 0
        self._partial = ""
        self.lines: list[Line] = []

    def _state(self) -> tuple[int, ...] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns

    def update(self) -> list[Line]:
        """Read what is new; gives the new messages."""
        self._started = self._started or self._state() != self._before
        if not self._started:
            return []
        try:
            with self._path.open(encoding="utf-8", errors="replace", newline="") as file:
                if os.fstat(file.fileno()).st_size < self._offset:  # begun again
                    self._offset, self._partial = 0, ""
                    self.lines.clear()
                file.seek(self._offset)
                text = self._partial + file.read()
                self._offset = file.tell()
        except OSError:  # not shared with this machine, or not yet written
            return []
        *complete, self._partial = text.split("\n")
        known = len(self.lines)
        for line in complete:
            if match := LINE.fullmatch(line):
                self.lines.append(Line(match["level"], match["text"]))
            elif self.lines:
                level, earlier = self.lines[-1]
                self.lines[-1] = Line(level, f"{earlier}\n{line}")
        return self.lines[known:]

    def result(self) -> str:
        """The main figures of the stage; empty if it has none."""
        return next((text for level, text in reversed(self.lines) if level == "RESULT"), "")

    def progress(self) -> str:
        """The latest message, in one line; empty if there is none."""
        return self.lines[-1].text.partition("\n")[0] if self.lines else ""

    def error(self) -> str:
        """The error that ended the stage; of a traceback, the first and the last line."""
        errors = [text for level, text in self.lines if level in ("ERROR", "CRITICAL")]
        first, *others = errors[-1].rstrip().split("\n") if errors else [""]
        return f"{first}: {others[-1]}" if others else first


@dataclass
class Job:
    """A job of a stage."""

    stage: str
    made: str
    """Its output: a file, or the folder of several."""
    wildcards: dict[str, str]
    logs: list[str]
    started: float
    """Seconds since the epoch."""
    log: StageLog
    seconds: float = 0.0
    """How long it took."""

    @classmethod
    def of(
        cls,
        rule: str,
        outputs: list[str],
        wildcards: dict[str, str],
        logs: list[str],
        started: float,
    ) -> "Job":
        """The job of a rule, from what Snakemake logs about it."""
        paths, logs = list(map(without_flags, outputs)), list(map(without_flags, logs))
        log = StageLog(logs[0] if logs else os.devnull)
        stage = stage_of(rule)
        try:
            made = os.path.commonpath(paths)
        except ValueError:  # absolute and relative paths
            made = paths[0]
        if stage in layout.APPLIED:  # The folder is that of all entries of `apply`.
            made = paths[0]
        return cls(stage, made or paths[0], wildcards, logs, started, log)

    @property
    def name(self) -> str:
        """The stage and its output."""
        return f"{self.stage} {self.made}"


def without_flags(path: str) -> str:
    """A path in a message of Snakemake without the flags that follow it.

    Examples
    --------
    >>> without_flags("results/best.ckpt (update)")
    'results/best.ckpt'
    """
    return re.sub(r" \([^()]*\)$", "", path)


def stage_of(rule: str) -> str:
    """The stage of a rule; the rule itself if it is of another workflow.

    Examples
    --------
    >>> stage_of("plot_training_model")
    'plot_training'
    """
    stages = sorted(layout.FOLDERS, key=len, reverse=True)
    return next((stage for stage in stages if rule.startswith(f"{stage}_")), rule)


def is_target(rule: str) -> bool:
    """Whether a rule only names the outputs of others, as `all` and each stage do."""
    return rule == "all" or rule in layout.FOLDERS


def clock(seconds: float) -> str:
    """A duration as minutes and seconds, or hours, minutes and seconds.

    Examples
    --------
    >>> clock(75), clock(3675)
    ('1:15', '1:01:15')
    """
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
