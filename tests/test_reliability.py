"""The page of faults says what the suite holds."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "reliability.md").read_text()
TESTS = {
    name
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^def (test_\w+)\(", path.read_text(), re.MULTILINE)
}
SECTIONS = {
    heading: re.findall(r"^\|(?!---| fault \|)(.+)\|$", body, re.MULTILINE)
    for heading, body in re.findall(r"^## (.+)\n((?:(?!## ).*\n)*)", PAGE, re.MULTILINE)
}


@pytest.mark.parametrize("heading", SECTIONS)
def test_a_section_counts_its_rows(heading):
    assert heading.partition(": ")[2] == f"{len(SECTIONS[heading])} faults"


def test_the_total_is_the_sum():
    [total] = re.findall(r"^(\d+) faults in all\.$", PAGE, re.MULTILINE)
    assert int(total) == sum(map(len, SECTIONS.values()))


@pytest.mark.parametrize("row", [row for rows in SECTIONS.values() for row in rows])
def test_a_row_names_a_test_that_exists(row):
    fault, outcome, test = (cell.strip() for cell in row.split("|"))
    assert fault
    assert outcome
    assert test.strip("`") in TESTS


def test_no_fault_is_counted_twice():
    for heading, rows in SECTIONS.items():
        faults = [row.partition("|")[0].strip() for row in rows]
        assert len(set(faults)) == len(faults), heading
