"""The jobs of a dry run as data, for estimates of what a run costs."""

import json
from logging import LogRecord
from pathlib import Path
from typing import Any

from snakemake_interface_logger_plugins.common import LogEvent

from noncoding.common.files import atomic_write
from snakemake_logger_plugin_noncoding.jobs import without_flags


class Plan:
    """Collects the jobs that Snakemake announces, and writes them to a file at the end.

    The file is JSON: ``configuration``, as the run has it, but with the paths at which tables of
    the pipeline are found; ``directory``, at which relative paths start; ``counts``, the number of
    jobs of each rule by Snakemake's own count; and ``jobs``, each with ``rule``, ``wildcards``,
    ``threads``, ``resources``, ``input`` and ``output``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._configuration: dict[str, Any] = {}
        self._directory = ""
        self._counts: dict[str, int] = {}
        self._jobs: list[dict[str, Any]] = []

    def add(self, record: LogRecord) -> None:
        """Take what a record says of the run."""
        values = record.__dict__
        self._configuration = values.get("configuration", self._configuration)
        self._directory = values.get("directory", self._directory)
        match values.get("event"):
            case LogEvent.RUN_INFO:
                self._counts = {
                    rule: count for rule, count in values["stats"].items() if rule != "total"
                }
            case LogEvent.JOB_INFO:
                self._jobs.append(
                    {
                        "rule": values["rule_name"],
                        "wildcards": dict(values["wildcards"] or {}),
                        "threads": values["threads"],
                        "resources": dict(values["resources"] or {}),
                        "input": list(map(without_flags, values["input"] or [])),
                        "output": list(map(without_flags, values["output"] or [])),
                    }
                )

    def write(self) -> None:
        """Write the file."""
        found = {
            "configuration": self._configuration,
            "directory": self._directory,
            "counts": self._counts,
            "jobs": self._jobs,
        }
        with atomic_write(self._path) as [partial]:
            partial.write_text(json.dumps(found, default=str), encoding="utf-8")
