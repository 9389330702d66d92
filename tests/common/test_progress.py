import logging

from noncoding.common import progress as module
from noncoding.common.progress import progress


def test_without_a_terminal_lines_are_logged(caplog, monkeypatch):
    monkeypatch.setattr(module, "_SECONDS", 0)
    with caplog.at_level(logging.INFO), progress(2000, "window", finished=500) as update:
        update(1000)
        update(500)
    assert caplog.messages == ["1,500 of 2,000 windows", "2,000 of 2,000 windows"]


def test_lines_are_rare(caplog):
    with caplog.at_level(logging.INFO), progress(20, "window") as update:
        for _ in range(20):
            update(1)
    assert caplog.messages == []


def test_on_a_terminal_a_bar_is_drawn(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with progress(10, "window", finished=5) as update:
        update(5)
    assert "10/10" in capsys.readouterr().err
