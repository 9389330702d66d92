"""A bar on a terminal; a few plain lines in a log."""

import io
import logging
import sys

import pytest
from misbehaving import BODY, DIGEST, drop_first

from noncoding.common.stage_logging import logged_stage
from noncoding.data.download import partial
from noncoding.stages.fetch import fetch


@pytest.fixture(autouse=True)
def small_steps(monkeypatch):
    """A line a tenth, although the file is small."""
    monkeypatch.setattr(partial, "MIN_STEP", 1)


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO, logger="noncoding")
    return lambda: [record.getMessage() for record in caplog.records]


@pytest.fixture
def receive(tmp_path, lines):
    """Receives chunks of a file of which some bytes are there; the lines that the log gets."""

    def receive(sizes, present, length):
        part = partial.Partial(tmp_path / "x", None)
        origin = partial.Origin("http://host/x", length=length)
        (tmp_path / ".partial-x").write_bytes(bytes(present))
        part.write([bytes(size) for size in sizes], origin, resume=True)
        return [line for line in lines() if line.startswith("x: ")]

    return receive


def test_the_log_of_a_stage_is_a_few_plain_lines(site, tmp_path, capfd):
    with logged_stage(tmp_path / "log"):
        fetch(f"{site.url}/x", tmp_path / "x")
    text = (tmp_path / "log").read_bytes().decode()
    printed = capfd.readouterr()
    assert "\r" not in text + printed.err + printed.out
    assert "|" not in text + printed.err + printed.out
    assert printed.out == ""
    assert f"{site.url}/x: receiving 500,000 bytes" in text.splitlines()[0]
    assert f"500,000 bytes in 0 s, sha256 {DIGEST}" in text.splitlines()[-1]
    assert len(text.splitlines()) <= 12


@pytest.mark.parametrize(
    ("sizes", "present", "length", "logged"),
    [
        ([1] * 1000, 0, 1000, [f"x: {n * 100} bytes ({n * 10}%)" for n in range(1, 10)]),
        ([40, 450, 260], 250, 1000, ["x: 740 bytes (74%)"]),
        ([100] * 10, 0, None, ["x: 400 bytes", "x: 800 bytes"]),
    ],
    ids=["small chunks", "large chunks", "unknown length"],
)
def test_a_log_gets_a_line_for_each_tenth(receive, monkeypatch, sizes, present, length, logged):
    monkeypatch.setattr(partial, "STEP_OF_UNKNOWN", 400)
    assert receive(sizes, present, length) == logged


def test_a_small_file_adds_no_lines(receive, monkeypatch):
    monkeypatch.setattr(partial, "MIN_STEP", 2000)
    assert receive([100] * 10, 0, 1000) == []


def test_resuming_is_logged(site, get, lines):
    site.answer = drop_first()
    get(f"{site.url}/x")
    [resuming] = [line for line in lines() if "resuming after" in line]
    assert f"of {len(BODY):,} bytes" in resuming


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
