"""The log handler that Snakemake calls."""

import logging
import os
import re
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from logging import LogRecord
from pathlib import Path
from typing import Any, NamedTuple, Optional

from snakemake.logging import ColorizingTextHandler, DefaultFilter, DefaultFormatter, show_logs
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.settings import LogHandlerSettingsBase

from noncoding.common.locks import lock_message
from noncoding.common.redaction import redacted_command
from noncoding.common.stage_logging import FOLLOWED, INTERRUPTED
from snakemake_logger_plugin_noncoding import messages
from snakemake_logger_plugin_noncoding.jobs import Job, clock, is_target
from snakemake_logger_plugin_noncoding.plan import Plan
from snakemake_logger_plugin_noncoding.screen import Screen
from snakemake_logger_plugin_noncoding.summary import table

_INTERVAL = 1
"""Seconds between updates of the progress bar."""
_QUIET_SECONDS = 300
"""Without a progress bar: seconds without a line, after which running jobs are shown."""


class Failure(NamedTuple):
    """A job that has failed."""

    name: str
    message: str
    logs: list[str]


@dataclass
class LogHandlerSettings(LogHandlerSettingsBase):
    """Options of the plugin: ``--logger noncoding --logger-noncoding-plan FILE``."""

    plan: Optional[Path] = field(  # noqa: UP045 – Snakemake reads the annotation
        default=None,
        metadata={"help": "File for the jobs of a dry run, in JSON, which then prints no list."},
    )


class LogHandler(LogHandlerBase):
    """Shows the progress and the results of a run on the terminal.

    The stages write to their logs, which the handler reads while the jobs run, also where these
    run on other machines. With ``--verbose``, all messages are shown as Snakemake formats them,
    and the stages write to the terminal as well.
    """

    def __post_init__(self) -> None:
        settings = self.common_settings
        stream = sys.stdout if settings.stdout else sys.stderr
        quiet = set(settings.quiet or ())
        self._full: logging.Handler | None = None
        if settings.verbose or settings.debug_dag:
            self._full = ColorizingTextHandler(
                nocolor=settings.nocolor,
                stream=stream,
                formatter=DefaultFormatter(quiet, settings.show_failed_logs),
                filter=DefaultFilter(
                    quiet,
                    settings.debug_dag,
                    settings.verbose,
                    settings.dryrun,
                    settings.printshellcmds,
                ),
            )
            os.environ.pop(FOLLOWED, None)
        else:
            os.environ[FOLLOWED] = "1"
        plan = self.settings.plan if isinstance(self.settings, LogHandlerSettings) else None
        self._plan = Plan(plan) if plan else None
        self._silent = Quietness.ALL in quiet and not settings.dryrun
        self._jobs_shown = not (self._plan or quiet & {Quietness.PROGRESS, Quietness.RULES})
        self._screen = Screen(stream, plain=settings.nocolor)
        self._start = self._shown = time.time()
        self._total = 0
        self._width = 32
        self._running: dict[int, Job] = {}
        self._finished: list[Job] = []
        self._failures: dict[int, Failure] = {}
        self._ended: dict[int | None, str] = {}
        # Whether the user has stopped the run, or a job, of which the run may learn later.
        self._stopping = self._interrupted = self._nothing_to_do = False
        self._reports: list[str] = []
        self._configuration: dict[str, Any] = {}
        self._over = threading.Event()
        if not (self._full or self._silent):
            threading.Thread(target=self._follow, daemon=True).start()

    writes_to_stream = has_filter = has_formatter = True
    writes_to_file = needs_rulegraph = False

    def emit(self, record: LogRecord) -> None:
        """Show a record of Snakemake, or remember it for the end of the run."""
        try:
            if self._plan:
                self._plan.add(record)
            if self._full:
                self._full.handle(record)
            elif not self._silent:
                self._show(record)
        except Exception:  # noqa: BLE001 – as in all handlers of logging
            self.handleError(record)

    def close(self) -> None:
        """Show how the run ended."""
        self.acquire()
        try:
            if not (self._over.is_set() or self._full or self._silent):
                self._over.set()
                if self._plan:
                    self._plan.write()
                    return
                with suppress(OSError, ValueError):  # the terminal is gone
                    self._screen.close()
                    self._conclude()
        finally:
            self.release()
        super().close()

    def _show(self, record: LogRecord) -> None:
        event, values = getattr(record, "event", None), record.__dict__
        message = str(record.msg).strip()
        self._reports += values.get("reports", [])
        self._configuration = values.get("configuration", self._configuration)
        match event:
            case LogEvent.RUN_INFO:
                self._expect(values["stats"])
            case LogEvent.JOB_INFO:
                self._start_job(values, record.created)
            case LogEvent.JOB_FINISHED:
                self._finish(values["job_id"], record.created)
            case LogEvent.JOB_ERROR:
                self._fail(values, record)
            case LogEvent.GROUP_ERROR:
                for info in values["job_error_info"]:
                    self._fail(info | {"jobid": info["jobid"], "rule_msg": values["msg"]}, record)
            case LogEvent.SHELLCMD:
                if self.common_settings.printshellcmds and values.get("cmd"):
                    self._screen.write(values["cmd"])
            case LogEvent.ERROR:
                self._show_error(values["exception"], message, record.thread)
            case None:
                self._show_message(record.levelno, message)

    def _expect(self, stats: dict[str, int]) -> None:
        """Count the jobs of a run, without the targets."""
        stages = {rule: count for rule, count in stats.items() if not is_target(rule)}
        self._total = sum(count for rule, count in stages.items() if rule != "total")
        if not self.common_settings.dryrun and self._jobs_shown and self._total:
            self._screen.start_bar(self._total)

    def _start_job(self, values: dict[str, Any], now: float) -> None:
        if not values["output"]:
            return
        job = Job.of(
            values["rule_name"], values["output"], dict(values["wildcards"]), values["log"], now
        )
        if self.common_settings.dryrun:
            if self._jobs_shown:
                self._write_row(job, messages.short_reason(values["reason"]))
        else:
            self._running[values["jobid"]] = job

    def _finish(self, number: int, now: float) -> None:
        job = self._running.pop(number, None)
        if job is None:
            return
        self._read(job)
        job.seconds = now - job.started
        self._finished.append(job)
        if self._jobs_shown:
            count = f"{len(self._finished):>{len(str(self._total))}} of {self._total}"
            self._write_row(job, job.log.result(), f"{count}  {clock(job.seconds):>7}  ")
        self._update_bar()

    def _write_row(self, job: Job, text: str, prefix: str = "") -> None:
        self._width = max(self._width, len(job.made))
        self._screen.write(f"{prefix}{job.stage:<15}  {job.made:<{self._width}}  {text}".rstrip())
        self._shown = time.time()

    def _read(self, job: Job) -> None:
        """Read the log of a job, and show its warnings."""
        for level, text in job.log.update():
            if level == "WARNING":
                first = text.partition("\n")[0]
                self._screen.write(f"Warning ({job.name}): {first}", "warning")

    def _fail(self, values: dict[str, Any], record: LogRecord) -> None:
        job = self._running.pop(values["jobid"], None)
        if job is None:
            return
        self._read(job)
        ended = self._ended.pop(record.thread, "")
        message = job.log.error() or values.get("rule_msg") or ended
        interrupted = INTERRUPTED in message or "SIGINT" in message
        self._interrupted |= interrupted
        if self._stopping or interrupted:
            return
        # With the log of the cluster, if there is one.
        logs = list(dict.fromkeys([*job.logs, *values["log"]]))
        failure = self._failures[values["jobid"]] = Failure(job.name, message, logs)
        self._show_failure(failure, clock(record.created - job.started))
        self._update_bar()

    def _show_failure(self, failure: Failure, after: str = "") -> None:
        title = f"Failed after {after}" if after else "Failed"
        self._screen.write(f"{title}: {failure.name}", "error")
        self._screen.write(f"  {failure.message}")
        if failure.logs:
            here = f"{Path.cwd()}/"
            logs = ", ".join(log.removeprefix(here) for log in failure.logs)
            self._screen.write(f"  Log: {logs}")
        if self.common_settings.show_failed_logs and after:
            self._screen.write("\n".join(show_logs(failure.logs)))

    def _show_error(self, exception: str, text: str, thread: int | None) -> None:
        if exception == "KeyboardInterrupt":
            self._stopping = True
        elif ended := messages.ended_by(text):
            self._ended[thread] = ended  # until the job is reported
        elif "At least one job did not complete successfully." not in text:
            short = messages.without_trace(exception, text)
            if exception == "LockException":
                short = lock_message() or short
            elif exception == "MissingInputException":
                short = messages.missing_inputs(text, self._configuration) or short
            # Of a job that ended without its outputs, nothing else is logged.
            found = re.match(r"Job (\d+) ", short)
            if found and (job := self._running.pop(int(found[1]), None)):
                failure = self._failures[int(found[1])] = Failure(job.name, short, job.logs)
                self._show_failure(failure)
            else:
                self._screen.write(f"Error: {short.removeprefix('Error: ')}", "error")

    def _show_message(self, level: int, message: str) -> None:
        if message.startswith("Terminating processes on user request"):
            self._stopping = True
            self._screen.write("Stopping …")
        elif message.startswith("Will exit after finishing currently running jobs"):
            if not self._stopping and self._running:
                jobs = ", ".join(job.name for job in self._running.values())
                self._screen.write(f"Stopping when these jobs have ended: {jobs}")
            self._stopping = True
        elif message.startswith("Trying to restart job "):
            self._failures.pop(int(message.rstrip(".").rpartition(" ")[2]), None)
            self._screen.write("  The job is run again.")
        elif not messages.is_omitted(message):
            self._nothing_to_do |= message.startswith("Nothing to be done")
            style = {logging.WARNING: "warning", logging.ERROR: "error"}.get(level)
            self._screen.write(message, style)

    def _follow(self) -> None:
        """Show progress until the run ends."""
        while not self._over.wait(_INTERVAL):
            self.acquire()
            try:
                self._show_progress()
            except (OSError, ValueError):  # the terminal is gone
                return
            finally:
                self.release()

    def _show_progress(self) -> None:
        for job in self._running.values():
            self._read(job)
        self._update_bar()
        now = time.time()
        if self._jobs_shown and not self._screen.is_terminal and now - self._shown > _QUIET_SECONDS:
            self._shown = now
            for job in self._running.values():
                text = f"Running for {clock(now - job.started)}: {job.name}: {job.log.progress()}"
                self._screen.write(text.removesuffix(": "))

    def _update_bar(self) -> None:
        running = [
            f"{job.name}: {job.log.progress()}".removesuffix(": ") for job in self._running.values()
        ]
        self._screen.update_bar(len(self._finished), "; ".join(running))

    def _conclude(self) -> None:
        if self.common_settings.dryrun:
            if self._total:
                count = "1 job" if self._total == 1 else f"{self._total} jobs"
                self._screen.write(f"Dry run: {count} would run.")
        elif self._failures:
            self._conclude_failures()
        elif self._interrupted or (self._stopping and len(self._finished) < self._total):
            self._screen.write(
                f"Stopped: {len(self._finished)} of {self._total} jobs have finished. Completed "
                "stages are kept; run the same command again to continue:"
            )
            self._screen.write(f"  {redacted_command()}")
        elif self._finished or self._nothing_to_do:
            self._conclude_success()

    def _conclude_failures(self) -> None:
        self._screen.write(
            f"\n{len(self._finished)} of {self._total} jobs have finished, "
            f"{len(self._failures)} failed."
        )
        for failure in self._failures.values():
            self._show_failure(failure)
        self._screen.write(
            "Completed stages are kept. Correct the cause and run the same command again:"
        )
        self._screen.write(f"  {redacted_command()}")

    def _conclude_success(self) -> None:
        if self._finished and self._jobs_shown:
            self._screen.write(f"\n{table(self._finished, time.time() - self._start)}\n")
        made = {job.made for job in self._finished}
        for report in self._reports:
            if Path(report).exists() and (self._nothing_to_do or report in made):
                self._screen.write(f"Report: {Path(report).absolute()}", "strong")
