"""The page of questions quotes messages that the code has."""

import ast
import re
import shlex
import subprocess
import sys

import pytest
from workflows import ROOT

PAGE = ROOT / "docs" / "questions.md"


def texts():
    """Every text in the sources, and every constant part of a formatted one."""
    for path in (ROOT / "noncoding").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
    for path in (ROOT / "rules").glob("*.smk"):
        # Adjacent literals are one text.
        yield re.sub(r'"\s*f?"', "", path.read_text("utf-8"))


def test_the_quoted_messages_are_those_of_the_code():
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("*Message:*")]
    quoted = [text for line in lines for text in re.findall("`([^`]+)`", line)]
    known = "\n".join(texts())
    assert len(quoted) > 5
    assert [text for text in quoted if text not in known] == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"train:\n  epochs: 3\n bad: 1\n", 'in "longer.yaml", line 3, column 2'),
        (b"train:\n\tepochs: 3\n", 'in "longer.yaml", line 2, column 1'),
        (b"run: \xe4\n", 'in "longer.yaml", position 5'),
        (b"- a\n", "longer.yaml list"),
        (b"", "longer.yaml NoneType"),
    ],
)
def test_the_command_that_checks_configuration_files_names_the_file(content, said, tmp_path):
    [line] = [line for line in PAGE.read_text("utf-8").splitlines() if "yaml.safe_load" in line]
    program, *arguments = shlex.split(line)
    assert program == ".venv/bin/python"
    (tmp_path / "mine.yaml").write_text("run: {seed: 2}\n")
    (tmp_path / "longer.yaml").write_bytes(content)
    done = subprocess.run(
        [sys.executable, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("mine.yaml dict\n")
    assert (done.stdout + done.stderr).rstrip().endswith(said)
