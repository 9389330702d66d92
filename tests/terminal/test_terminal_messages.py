"""Messages of Snakemake in short, from texts that Snakemake 9.27 has written."""

import pytest

from snakemake_logger_plugin_noncoding.messages import (
    ended_by,
    is_omitted,
    missing_inputs,
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


def test_missing_files_are_named_by_their_key_or_the_line_of_a_table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "peaks").mkdir()
    (tmp_path / "peaks" / "all.tsv").write_text("path\tname\na.bed\tA\nb.bed\tB\n")
    dataset = {"peaks": {"table": "peaks/all.tsv"}, "exclude": ["here.bed", {"url": "./x.bed"}]}
    configuration = {
        "datasets": {"mine": dataset, "sim": {"peaks": None}, "other": {"peaks": {"table": "no"}}},
        "apply": {"variants": {"v": {"vcf": "v.vcf"}}},
    }
    text = (
        'MissingInputException in rule tile_genome in file "/pipeline/rules/tile.smk", line 1:\n'
        "Missing input files for rule tile_genome:\n    output: results/mine/data/train.h5\n"
        "    wildcards: dataset=mine\n    affected files:\n        {}"
    )
    for file, where in {
        "x.bed": "configuration, key datasets.mine.exclude",
        "v.vcf": "configuration, key apply.variants.v.vcf",
        "peaks/b.bed": "peaks/all.tsv, line 3",
        "no": "configuration, key datasets.other.peaks.table",
    }.items():
        assert missing_inputs(text.format(file), configuration) == (
            f"{where}: found '{file}', which does not exist; expected a file. Correct the path, "
            f"which starts at the working directory, {tmp_path}."
        )
    both = missing_inputs(text.format("v.vcf\n        peaks/a.bed"), configuration)
    assert [line.partition(":")[0] for line in both.splitlines()] == [
        "configuration, key apply.variants.v.vcf",
        "peaks/all.tsv, line 2",
    ]
    assert missing_inputs(text.format("results/mine/data/x.h5"), configuration) is None


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
