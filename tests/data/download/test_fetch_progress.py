"""A bar on a terminal; a few plain lines in a log."""

import io
import logging
import sys

import pytest
from misbehaving import BODY, DIGEST, drop_first

from noncoding.common.stage_logging import logged_stage
from noncoding.data.download import progress
from noncoding.stages.fetch import fetch


@pytest.fixture(autouse=True)
def small_steps(monkeypatch):
    """A line a tenth, although the file is small."""
    monkeypatch.setattr(progress, "SMALLEST_STEP", 1)


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, logger="noncoding")
    return lambda: [record.getMessage() for record in caplog.records]


def test_the_log_of_a_stage_is_a_few_plain_lines(site, tmp_path, capfd):
    with logged_stage(tmp_path / "log"):
        fetch(f"{site.url}/x", tmp_path / "x")
    text = (tmp_path / "log").read_bytes().decode()
    said = capfd.readouterr()
    assert "\r" not in text + said.err + said.out
    assert "|" not in text + said.err + said.out
    assert said.out == ""
    assert f"{site.url}/x: receiving 500,000 bytes" in text.splitlines()[0]
    assert f"500,000 bytes in 0 s, sha256 {DIGEST}" in text.splitlines()[-1]
    assert len(text.splitlines()) <= 12


def test_a_log_gets_a_line_at_most_for_each_tenth(lines):
    with progress.shown("x", 0, 1000) as update:
        for _ in range(1000):
            update(1)
    assert lines() == [f"x: {n * 100} bytes ({n * 10}%)" for n in range(1, 10)]


def test_large_pieces_make_no_further_lines(lines):
    with progress.shown("x", 250, 1000) as update:
        for size in (40, 450, 260):
            update(size)
    assert lines() == ["x: 740 bytes (74%)"]


def test_a_small_file_gets_no_such_lines(lines, monkeypatch):
    monkeypatch.undo()
    with progress.shown("x", 0, 1000) as update:
        for _ in range(10):
            update(100)
    assert lines() == []


def test_unknown_length(lines, monkeypatch):
    monkeypatch.setattr(progress, "STEP_OF_UNKNOWN", 400)
    with progress.shown("x", 0, None) as update:
        for _ in range(10):
            update(100)
    assert lines() == ["x: 400 bytes", "x: 800 bytes"]


def test_what_goes_on_says_so(site, get, lines):
    site.answer = drop_first()
    get(f"{site.url}/x")
    going_on = [line for line in lines() if "going on after" in line]
    assert len(going_on) == 1
    assert f"of {len(BODY):,} bytes" in going_on[0]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_gets_a_bar_instead(site, get, lines, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    get(f"{site.url}/x")
    shown = terminal.getvalue()
    assert "\r" in shown
    assert "bundle.tar.gz" in shown
    assert "100%" in shown
    assert not any("%" in line for line in lines())
