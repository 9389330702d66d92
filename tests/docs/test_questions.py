"""The page of questions quotes messages that the code has."""

import ast
import re

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
