"""Messages of Snakemake in short, from texts that Snakemake 9.27 has written."""

import pytest

from snakemake_logger_plugin_noncoding.messages import (
    ended_by,
    is_omitted,
    short_reason,
    without_trace,
)

COMMAND = "Command 'set -euo pipefail;  /env/bin/python /run/.snakemake/scripts/tmpo0.train.py'"


def test_an_error_of_the_configuration_is_its_message():
    text = (
        'WorkflowError in file "/pipeline/rules/common.smk", line 97:\n'
        "configuration, key train.epochs: found 'x'; expected an integer.\n"
        '  File "/pipeline/rules/common.smk", line 97, in <module>'
    )
    message = "configuration, key train.epochs: found 'x'; expected an integer."
    assert without_trace("WorkflowError", text) == message
    assert without_trace("WorkflowError", f"WorkflowError:\n{message}") == message


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("evaluat", "Did you mean 'evaluate'?"),
        ("results/mine/raport.html", "Correct it, or leave it out."),
    ],
)
def test_a_target_that_no_rule_makes(name, remedy):
    text = (
        f"MissingRuleException:\nNo rule to produce {name} (if you use input functions make sure "
        "that they don't raise unexpected exceptions)."
    )
    message = without_trace("MissingRuleException", text)
    assert message.startswith(f"command line: found the target {name}; expected a stage (")
    assert "score_variants, report), or a file" in message
    assert message.endswith(remedy)


def test_an_error_of_an_input_function_is_its_message():
    text = (
        'InputFunctionException in rule convert in file "/pipeline/rules/convert.smk", line 2:'
        "\nError:\n  WorkflowError:\n    mine: found no valid.mat; expected one valid.mat. Add it."
        "\nWildcards:\n  dataset=toy\n  split=valid\nTraceback:\n"
        '  File "/pipeline/rules/common.smk", line 4, in mat_of'
    )
    assert without_trace("InputFunctionException", text) == (
        "mine: found no valid.mat; expected one valid.mat. Add it."
    )


def test_an_error_of_the_code_keeps_its_place():
    text = "NameError in file \"/pipeline/Snakefile\", line 3:\nname 'x' is not defined"
    assert without_trace("NameError", text) == text


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        (f"{COMMAND} returned non-zero exit status 1.", "exit status 1"),
        (f"{COMMAND} returned non-zero exit status 137.", "SIGKILL"),
        (f"{COMMAND} died with <Signals.SIGKILL: 9>.", "memory"),
        (f"{COMMAND} died with <Signals.SIGSEGV: 11>.", "SIGSEGV"),
        (f"{COMMAND} returned non-zero exit status 255.", "exit status 255"),
    ],
)
def test_how_a_process_ended(text, fragment):
    header = 'RuleException:\nCalledProcessError in file "/pipeline/rules/train.smk", line 45:\n'
    message = ended_by(header + text)
    assert fragment in message
    assert "/" not in message


def test_other_errors_are_not_of_a_process():
    assert ended_by("MissingOutputException in rule x:\nJob 3 completed") is None


@pytest.mark.parametrize(
    ("reason", "short"),
    [
        ("Forced execution", "forced"),
        ("Input files updated by another job: a.h5", "input of an earlier job"),
        ("Updated input files: a.h5, b.h5, c.h5", "changed input: a.h5, b.h5 and 1 more"),
        (
            "Params have changed since last execution: before: {'a': 1} now: {'a': 2}; "
            "Input files updated by another job: a.h5",
            "changed settings",
        ),
        (
            f"Params have changed since last execution: before: 'a.py {64 * 'a'}','c {64 * 'c'}' "
            f"now: 'a.py {64 * 'b'}','c {64 * 'c'}'",
            "changed code: a.py",
        ),
        (
            f"Params have changed since last execution: before: ['a.py {64 * 'a'}'],{{'n': 1}} "
            f"now: ['a.py {64 * 'b'}'],{{'n': 2}}; Input files updated by another job: a.h5",
            "changed code: a.py, changed settings",
        ),
        (
            "Missing output files: a; Code has changed since last execution",
            "missing output, changed code",
        ),
        ("Something new: with details", "something new"),
    ],
)
def test_short_reasons(reason, short):
    assert short_reason(reason) == short


@pytest.mark.parametrize(
    ("message", "omitted"),
    [
        ("Building DAG of jobs...", True),
        ("None", True),
        ("", True),
        ("Complete log(s): /run/.snakemake/log/x.log", True),
        ("Nothing to be done (all requested files are present and up to date).", False),
        ("Unlocked working directory.", False),
        ("Nonetheless", False),
    ],
)
def test_messages_of_no_interest_are_omitted(message, omitted):
    assert is_omitted(message) == omitted
