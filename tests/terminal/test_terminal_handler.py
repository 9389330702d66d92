"""What the terminal shows of a run, from records as Snakemake logs them."""

import logging
import os
import re
import threading

import pytest
from snakemake.settings.enums import Quietness
from snakemake.settings.types import OutputSettings
from snakemake_interface_logger_plugins.common import LogEvent

from noncoding.common.stage_logging import FOLLOWED, RESULT, logged_stage
from snakemake_logger_plugin_noncoding import LogHandler

MESSAGE = "configuration, key train.epochs: found 0; expected at least 1. Raise it."
EXCEPTION = (
    'RuleException:\nCalledProcessError in file "/pipeline/rules/train.smk", line 45:\n'
    "Command 'python /run/.snakemake/scripts/tmpo0.train.py' returned non-zero exit status 1."
)


class Run:
    """Calls a handler as Snakemake does."""

    def __init__(self, settings):
        self.handler = LogHandler(settings, None)

    def log(self, message=None, level=logging.INFO, **extra):
        record = logging.makeLogRecord({"msg": message, "levelno": level, **extra})
        record.levelname = logging.getLevelName(level)
        record.thread = threading.get_ident()
        self.handler.handle(record)

    def expect(self, **jobs):
        stats = jobs | {"all": 1, "total": sum(jobs.values()) + 1}
        self.log("Job stats", event=LogEvent.RUN_INFO, stats=stats)

    def begin(self, number, stage="train", made="results/own/toy/model/a (update)", **wildcards):
        log = f"logs/{number}.log"
        self.log(
            event=LogEvent.JOB_INFO,
            jobid=number,
            rule_name=f"{stage}_model" if made else stage,
            output=[made] if made else [],
            wildcards=wildcards,
            log=[log] if made else [],
            reason="Missing output files: a",
        )
        return log

    def end(self, number):
        self.log(f"Finished jobid: {number}", event=LogEvent.JOB_FINISHED, job_id=number)

    def fail(self, number, **more):
        values = {"rule_msg": None, "log": [f"logs/{number}.log"]} | more
        self.log(EXCEPTION, logging.ERROR, event=LogEvent.ERROR, exception="RuleException")
        self.log("Error", logging.ERROR, event=LogEvent.JOB_ERROR, jobid=number, **values)

    def give_up(self):
        self.log("Exiting because a job execution failed.", logging.ERROR)
        text = "WorkflowError:\nAt least one job did not complete successfully."
        self.log(text, logging.ERROR, event=LogEvent.ERROR, exception="WorkflowError")


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(FOLLOWED, raising=False)
    (tmp_path / "logs").mkdir()
    made = []

    def start(**settings):
        made.append(Run(OutputSettings(**settings)))
        return made[-1]

    yield start
    for one in made:
        one.handler.close()
    os.environ.pop(FOLLOWED, None)


def stage(path, *, result="", warning="", error=None):
    """A stage that writes its log."""
    log = logging.getLogger("noncoding.stage")
    try:
        with logged_stage(path):
            log.info("epoch 1")
            if warning:
                log.warning("%s", warning)
            if error:
                raise error
            log.log(RESULT, "%s", result)
    except SystemExit:
        pass


def lines(capsys):
    return capsys.readouterr().err.splitlines()


def test_one_line_per_finished_job_and_a_table_at_the_end(run, capsys, tmp_path):
    (tmp_path / "report.html").touch()
    one = run()
    one.log(None, reports=["report.html", "other.html"])
    one.expect(train_model=2, report_model=1)
    for number, model in enumerate(("small", "large")):
        log = one.begin(number, made=f"results/own/{model}", dataset="own", model=model)
        stage(log, result=f"AUPR 0.{number + 5}")
    one.end(1)
    one.end(0)
    one.begin(2, "report", "report.html")
    one.end(2)
    one.begin(3, "all", made=None)
    one.end(3)
    first, second, third = lines(capsys)
    assert re.fullmatch(r"1 of 3 +0:00 +train +results/own/large +AUPR 0\.6", first)
    assert re.fullmatch(r"2 of 3 +0:00 +train +results/own/small +AUPR 0\.5", second)
    assert re.fullmatch(r"3 of 3 +0:00 +report +report\.html", third)
    one.handler.close()
    assert [line.split() for line in lines(capsys)] == [
        [],
        ["Stage", "Jobs", "Time", "Result"],
        ["train", "2", "0:00", "large:", "AUPR", "0.6"],
        ["small:", "AUPR", "0.5"],
        ["report", "1", "0:00"],
        ["all", "3", "0:00"],
        [],
        ["Report:", str(tmp_path / "report.html")],
    ]


def test_a_failure_is_told_first_and_last_with_its_log_and_the_command(run, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["snakemake", "train", "--config", "mirror=https://a:b@c/d"])
    one = run()
    one.expect(train_model=2)
    stage(one.begin(1), error=ValueError("of an earlier job"))
    one.end(1)
    capsys.readouterr()
    stage(one.begin(2), error=InputErrorLike(MESSAGE))
    one.fail(2)
    one.give_up()
    one.handler.close()
    said = lines(capsys)
    assert [line.strip() for line in said[:3]] == [
        "Failed after 0:00: train results/own/toy/model/a",
        MESSAGE,
        "Log: logs/2.log",
    ]
    assert [line.strip() for line in said[-6:]] == [
        "1 of 2 jobs have finished, 1 failed.",
        "Failed: train results/own/toy/model/a",
        MESSAGE,
        "Log: logs/2.log",
        "Completed stages are kept. Correct the cause and run the same command again:",
        "snakemake train --config 'mirror=https://***@c/d'",
    ]
    assert not any("Exception" in line or "CalledProcess" in line for line in said)


def InputErrorLike(message):
    from noncoding.common.errors import InputError

    where, found, expected, remedy = re.fullmatch(
        r"(.*): found (.*); expected (.*)\. (.*)", message
    ).groups()
    return InputError(where, found, expected, remedy)


def test_a_job_without_its_outputs_has_failed(run, capsys):
    one = run()
    one.expect(train_model=1)
    one.begin(4)
    text = (
        'MissingOutputException in rule train_model in file "/pipeline/rules/train.smk", line 1:\n'
        "Job 4 completed successfully, but some output files are missing. a (missing locally)"
    )
    one.log(text, logging.ERROR, event=LogEvent.ERROR, exception="MissingOutputException")
    one.give_up()
    one.handler.close()
    said = capsys.readouterr().err
    assert said.count("Failed: train results/own/toy/model/a\n  Job 4 completed successfully") == 2
    assert "Log: logs/4.log" in said


def test_an_unexpected_error_is_named_without_its_traceback(run, capsys):
    one = run()
    one.expect(train_model=1)
    stage(one.begin(1), error=ZeroDivisionError("division by zero"))
    one.fail(1)
    said = capsys.readouterr().err
    assert "please report it with this log: ZeroDivisionError: division by zero" in said
    assert "Traceback" not in said


def test_the_log_of_an_earlier_run_is_not_read(run, capsys):
    one = run()
    one.expect(train_model=1)
    stage("logs/1.log", error=InputErrorLike(MESSAGE))
    one.begin(1)
    one.fail(1)
    said = capsys.readouterr().err
    assert MESSAGE not in said
    assert "it ended with exit status 1 and without a message" in said


def test_the_message_and_the_log_of_a_cluster(run, capsys):
    one = run()
    one.expect(train_model=1)
    one.begin(1)
    why = "SLURM-job '5' failed, SLURM status is: 'OUT_OF_MEMORY'."
    values = {"jobid": 1, "rule_msg": why, "log": ["logs/1.log", "slurm/5.log"]}
    one.log("Error", logging.ERROR, event=LogEvent.JOB_ERROR, **values)
    said = capsys.readouterr().err
    assert why in said
    assert "Log: logs/1.log, slurm/5.log" in said


def test_a_job_that_is_run_again_has_not_failed(run, capsys):
    one = run()
    one.expect(train_model=1)
    stage(one.begin(1), error=InputErrorLike(MESSAGE))
    one.fail(1)
    one.log("Trying to restart job 1.")
    stage(one.begin(1), result="AUPR 0.5")
    one.end(1)
    assert MESSAGE in capsys.readouterr().err
    one.handler.close()
    said = capsys.readouterr().err
    assert "AUPR 0.5" in said
    assert "failed" not in said


def test_warnings_of_a_stage_are_shown_once_with_its_name(run, capsys):
    one = run()
    one.expect(train_model=1)
    stage(one.begin(1), warning="no GPU\nand more", result="AUPR 0.5")
    one.end(1)
    one.handler.close()
    said = capsys.readouterr().err
    assert said.count("Warning (train results/own/toy/model/a): no GPU\n") == 1


@pytest.mark.parametrize(
    "stop", ["Terminating processes on user request", "Will exit after finishing currently running"]
)
def test_a_stopped_run_says_how_to_go_on(run, capsys, stop):
    one = run()
    one.expect(train_model=2)
    one.begin(1)
    one.end(1)
    stage(one.begin(2), error=KeyboardInterrupt())
    one.log(f"{stop} jobs (scheduler).")
    one.fail(2)
    one.give_up()
    one.handler.close()
    said = capsys.readouterr().err
    assert "Stopped: 1 of 2 jobs have finished." in said
    assert "run the same command again to continue:" in said
    assert "ailed" not in said


def test_a_job_that_an_interrupt_ends_first_has_not_failed(run, capsys):
    one = run()
    one.expect(train_model=1)
    stage(one.begin(1), error=KeyboardInterrupt())
    one.fail(1)
    one.log("Terminating processes on user request, this might take some time.")
    one.handler.close()
    assert "ailed" not in capsys.readouterr().err


def test_a_failure_before_a_stop_is_told(run, capsys):
    one = run()
    one.expect(train_model=3)
    stage(one.begin(1), error=InputErrorLike(MESSAGE))
    one.fail(1)
    stage(one.begin(2), error=KeyboardInterrupt())
    one.log("Terminating processes on user request, this might take some time.")
    one.fail(2)
    capsys.readouterr()
    one.handler.close()
    said = capsys.readouterr().err
    assert "0 of 3 jobs have finished, 1 failed." in said
    assert MESSAGE in said


def test_a_dry_run_lists_the_jobs_with_reasons(run, capsys):
    one = run(dryrun=True, stdout=True)
    one.expect(train_model=1)
    one.begin(1)
    one.log("This was a dry-run (flag -n).")
    one.handler.close()
    first, last = capsys.readouterr().out.splitlines()
    assert first.split() == ["train", "results/own/toy/model/a", "missing", "output"]
    assert last == "Dry run: 1 job would run."


def test_nothing_to_be_done_shows_the_report(run, capsys, tmp_path):
    (tmp_path / "report.html").touch()
    one = run()
    one.log(None, reports=["report.html"])
    one.log("Nothing to be done (all requested files are present and up to date).")
    one.handler.close()
    assert lines(capsys)[-1] == f"Report: {tmp_path / 'report.html'}"


def test_an_error_before_any_job_is_its_message(run, capsys):
    text = f'WorkflowError in file "/pipeline/rules/common.smk", line 9:\n{MESSAGE}'
    one = run()
    one.log(text, logging.ERROR, event=LogEvent.ERROR, exception="WorkflowError")
    one.handler.close()
    assert lines(capsys) == [f"Error: {MESSAGE}"]


def test_verbose_shows_all_messages_and_lets_stages_write_to_the_terminal(run, capsys):
    one = run(verbose=True)
    one.log("Building DAG of jobs...")
    assert "Building DAG of jobs..." in capsys.readouterr().err
    stage("logs/1.log", result="AUPR 0.5")
    assert "AUPR 0.5" in capsys.readouterr().err


def test_stages_write_to_their_logs_only(run, capsys):
    run()
    stage("logs/1.log", result="AUPR 0.5", error=ZeroDivisionError())
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("quiet", [{Quietness.PROGRESS, Quietness.RULES}, {Quietness.ALL}])
def test_quiet_shows_no_jobs(run, capsys, quiet):
    one = run(quiet=quiet)
    one.expect(train_model=2)
    one.begin(1)
    one.end(1)
    stage(one.begin(2), error=InputErrorLike(MESSAGE))
    assert capsys.readouterr().err == ""
    one.fail(2)
    assert (MESSAGE in capsys.readouterr().err) == (Quietness.ALL not in quiet)
