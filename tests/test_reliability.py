"""The tests that docs/reliability.md names exist."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]


def rows():
    """Rows of the tables of the page: the fault, what happens, and the test."""
    for line in (ROOT / "docs" / "reliability.md").read_text().splitlines():
        if line.startswith("| ") and not line.startswith("| fault |"):
            fault, happens, test = (cell.strip() for cell in line.strip("|").split("|"))
            yield fault, happens, test.strip("`")


def test_each_fault_names_a_test_that_exists():
    tests = {
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
    }
    named = {test for _, _, test in rows()}
    assert len(named) > 100
    assert named - tests == set()


def test_each_fault_describes_the_behaviour():
    assert all(fault and happens for fault, happens, _ in rows())
